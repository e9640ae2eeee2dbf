"""Run shinestacker's stacking on a folder of planes: ``PLANES OUT pyramid|depthmap``.

Only the fusion step, with its defaults; no alignment, no colour balance. The program's own job
writes into a folder beside the planes, from where the result is moved.
"""

import shutil
import sys
from pathlib import Path

from shinestacker.algorithms import DepthMapStack, FocusStack, PyramidStack, StackJob

ALGORITHMS = {"pyramid": PyramidStack, "depthmap": DepthMapStack}


def main() -> int:
    planes, out, name = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), sys.argv[3]
    folder = f"shinestacker_{name}"
    job = StackJob("fuse", str(planes.parent), input_path=planes.name)
    job.add_action(FocusStack(folder, ALGORITHMS[name](), plot_stack=False))
    job.run()
    result = planes.parent / folder
    shutil.move(next(result.glob("*.tif")), out)
    shutil.rmtree(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
