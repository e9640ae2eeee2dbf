"""What methods decide on real z-stacks, and what they doubt: a table in Markdown.

usage: python -m benchmarks.real_doubts FOLDER [METHOD ...]

FOLDER is as for `benchmarks.real_stacks`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.real_stacks import stacks
from napari_mfif import fuse, open_stack
from napari_mfif.fusion.doubts import decided_share


def main(folder: Path, methods: list[str]) -> None:
    """Print a line per stack."""
    print("| stack | " + " | ".join(f"{name} decides | and doubts" for name in methods) + " |")
    print("|---" * (1 + 2 * len(methods)) + "|")
    for name, files in stacks(folder):
        stack, cells = open_stack(files[0] if len(files) == 1 else list(files)), [name]
        for method in methods:
            fusion = fuse(stack, method=method)
            cells.append(f"{100 * decided_share(fusion.confidence):.0f} %")
            cells.append(", ".join(f"{x.kind} {100 * x.share:.0f} %" for x in fusion.doubts))
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["adaptive", "gradient"])
