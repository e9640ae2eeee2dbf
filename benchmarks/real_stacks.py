"""Fuse every z-stack of a folder with every method: a table, and a contact sheet per stack.

usage: python benchmarks/real_stacks.py FOLDER OUT [METHOD ...]

FOLDER holds one entry per stack: a TIFF, or a folder of planes (or of TIFFs, or of such folders).
Pictures go to OUT; the table is printed as Markdown. Each fusion is a process of its own, so that
seconds (processor time) and peak memory are those of the whole command.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import tifffile

from napari_mfif import methods

PICTURES = (".png", ".jpg", ".jpeg")


def stacks(folder: Path) -> list[tuple[str, list[Path]]]:
    """Find the stacks below a folder: names and what to give to ``napari-mfif fuse``."""
    found: list[tuple[str, list[Path]]] = []
    for entry in sorted(folder.iterdir()):
        if entry.is_file() and entry.suffix.lower() in (".tif", ".tiff"):
            found.append((f"{folder.name}", [entry]))
        elif entry.is_dir():
            planes = [p for p in entry.iterdir() if p.suffix.lower() in PICTURES]
            planes = [p for p in planes if not p.name.startswith("reference")]
            if planes:
                name = entry.name if folder.name == "stacks" else f"{folder.name}_{entry.name}"
                found.append((name, sorted(planes)))
            else:
                found += stacks(entry)
    return found


def measured(command: list[str]) -> tuple[int, float, float, str]:
    """Run a command; return exit code, processor seconds, peak MB and what it said."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def shown(path: Path, *, spread: bool) -> np.ndarray:
    """Read a result as 8-bit colour."""
    image = tifffile.imread(path).astype(np.float32)
    image = image[..., :3] if image.ndim == 3 else image
    low, high = np.percentile(image, (0.2, 99.8)) if spread else (image.min(), image.max())
    image = (255 * np.clip((image - low) / max(high - low, 1e-9), 0, 1)).astype(np.uint8)
    if image.ndim == 3:
        return image[..., ::-1]
    return cv2.applyColorMap(image, cv2.COLORMAP_VIRIDIS) if not spread else cv2.merge([image] * 3)


def sheet(out: Path, stack: str, names: list[str]) -> np.ndarray:
    """Put image, depth and confidence of every method side by side."""
    columns = []
    for name in names:
        paths = [out / f"{stack}_{name}_{what}.tif" for what in ("image", "depth", "confidence")]
        if all(path.exists() for path in paths):
            columns.append(np.vstack([shown(p, spread=p is paths[0]) for p in paths]))
    return np.hstack(columns)


def main(folder: Path, out: Path, names: list[str]) -> None:
    """Fuse, print the table, write the sheets."""
    out.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("napari-mfif")), "fuse", "--quiet", "--overwrite"]
    print(f"| stack | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    found = stacks(folder)
    for stack, sources in found:
        cells = []
        for name in names:
            stem = out / f"{stack}_{name}"
            image, depth, sure = (Path(f"{stem}_{w}.tif") for w in ("image", "depth", "confidence"))
            options = ["-o", image, "--depth", depth, "--confidence", sure, "--method", name]
            code, seconds, peak, said = measured([*command, *map(str, [*sources, *options])])
            cells.append(f"{seconds:.1f} s, {peak:.0f} MB" if code == 0 else said.strip())
        print(f"| {stack} | {' | '.join(cells)} |", flush=True)
    # Afterwards: the peak of a process started from a large one counts the large one's.
    for stack, _ in found:
        cv2.imwrite(str(out / f"{stack}.png"), sheet(out, stack, names))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or list(methods.names()))
