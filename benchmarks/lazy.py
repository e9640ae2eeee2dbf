"""How soon a part of a lazy fusion of huge planes is there, in Python.

5 planes of 20000 x 20000 pixels (uint16) are opened and fused with ``lazy=True``. Measured are, in
seconds of wall time, each form of file in a process of its own:

returns    opening and `fuse` together;
overview   the coarsest level of the image (`Fusion.levels`), with all that has to be found out;
sharper    all of the level twice as fine;
first      the first view of 512 x 512 pixels at full size;
next       the following views, elsewhere, on average;
half       a view of 1024 x 1024 pixels at half the size.

Run ``python benchmarks/lazy.py [KIND ...] [--method adaptive]``; KIND is one of those of
`benchmarks/huge.py`. Needs 6 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from huge import KINDS, Planes, write_stack

NAMES = ("returns", "overview", "sharper", "first", "next", "half", "MB")


def measure(path: str, method: str) -> dict[str, float]:
    """Look at places of one stack; imports that a fusion needs are counted in."""
    from napari_mfif import fuse, open_stack

    found: dict[str, float] = {}
    began = time.perf_counter()

    def done(name: str) -> None:
        nonlocal began
        found[name] = time.perf_counter() - began
        began = time.perf_counter()

    fusion = fuse(open_stack(path), method=method, lazy=True)
    done("returns")
    levels = fusion.levels()
    levels[-1].compute()
    done("overview")
    levels[-2].compute()
    done("sharper")
    side = fusion.image.shape[0]
    places = [round(side * share) for share in (0.31, 0.47, 0.62, 0.78)]
    for number, at in enumerate(places):
        fusion.image[at : at + 512, at : at + 512].compute()
        if number == 0:
            done("first")
    done("next")
    found["next"] /= len(places) - 1
    at = side // 8
    levels[1][at : at + 1024, 3 * at : 3 * at + 1024].compute()
    done("half")
    found["MB"] = peak()
    return found


def peak() -> float:
    """Return the most megabytes that this process has held; of its parent nothing is counted."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def main() -> None:
    """Write the stacks, measure in processes, print a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kinds", nargs="*", metavar="KIND")
    options.add_argument("--method", default="adaptive")
    options.add_argument("--side", type=int, default=20_000)
    options.add_argument("--one", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.method)))
        return
    print(f"{given.method:12s}" + "".join(f"{name:>10s}" for name in NAMES))
    for kind in given.kinds or KINDS:
        folder = Path(tempfile.mkdtemp())
        path = write_stack(folder, kind, Planes(5, given.side, "uint16"))
        command = [sys.executable, __file__, "--one", str(path), "--method", given.method]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(answer.stdout.splitlines()[-1])
        digits = {name: 0 if name == "MB" else 2 for name in NAMES}
        row = "".join(f"{found[name]:10.{digits[name]}f}" for name in NAMES)
        print(f"{kind:12s}{row}", flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
