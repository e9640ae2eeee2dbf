"""How near the estimate of a fusion comes to what it takes: ``python -m benchmarks.estimates``.

Each line folds one z-stack by one method, right after it was estimated, so that both meet the same
load of the machine; on a busy one ``taskset -c 0 python -m benchmarks.estimates --cpu`` counts the
processor's time in the place of the wall's. Drawing and showing layers, which the window adds, is
not measured.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

if "--cpu" in sys.argv:  # before anybody takes hold of it
    time.perf_counter = time.process_time

from napari_mfif import fuse, methods, open_stack
from napari_mfif.fusion.estimate import estimate


def ratio(path: Path, method: str, align: str) -> tuple[float, float]:
    """Return the seconds estimated and taken."""
    stack = open_stack(path)
    expected = estimate(stack, method, align=align).seconds
    began = time.perf_counter()
    fuse(stack, method=method, align=align)
    return expected, time.perf_counter() - began


def main() -> None:
    """Print a line for each stack and method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stacks", nargs="+", type=Path)
    parser.add_argument("--methods", nargs="+", default=list(methods.names()))
    parser.add_argument("--align", default="none")
    parser.add_argument("--cpu", action="store_true", help="of one processor, not of the clock")
    given = parser.parse_args()
    for path in given.stacks:
        for method in given.methods:
            expected, taken = ratio(path, method, given.align)
            print(
                f"{path.name:28} {method:15} {given.align:11} estimated {expected:7.2f} s, "
                f"taken {taken:7.2f} s, ratio {expected / taken:5.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
