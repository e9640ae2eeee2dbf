"""Time this package beside enfuse and focusweave on real z-stacks: the same files, in turn.

usage: python -m benchmarks.real_speed FOLDER OUT

FOLDER holds a folder of PNG or JPEG planes per stack; what is named reference is left out. A stack
as a cheap microscope camera gives it, noisy colour JPEG with a fixed pattern, is made besides. Each
run is a whole process: start, reading, fusing, writing an image. The table is printed as Markdown.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.environments import Environment
from benchmarks.measure import ToolFailed, compile_ours, run
from benchmarks.real_stacks import stacks

ROUNDS = 3
#: Of the camera: planes, rows and columns, noise, pattern of the sensor, both in grey levels.
PLANES, SHAPE, NOISE, PATTERN = 14, (1944, 2592), 2.0, 6.0

Command = Callable[[list[Path], Path], list[str | Path]]


def ours(planes: list[Path], out: Path) -> list[str | Path]:
    """Return the command of `adaptive`, an image alone."""
    program = Path(sys.executable).with_name("napari-mfif")
    return [program, "fuse", planes[0].parent, "-o", out, "--overwrite", "--quiet"]


def enfuse(planes: list[Path], out: Path) -> list[str | Path]:
    """Return that of enfuse, contrast alone and hard masks, as the tables of simulated stacks."""
    weights = ["--contrast-weight=1", "--exposure-weight=0", "--saturation-weight=0"]
    return [
        "enfuse",
        "--hard-mask",
        *weights,
        "--contrast-window-size=9",
        f"--output={out}",
        *planes,
    ]


def focusweave(planes: list[Path], out: Path) -> list[str | Path]:
    """Return that of focusweave, without alignment."""
    program = Environment("focusweave", ("focusweave",)).program("focusweave")
    return [program, planes[0].parent, "--output", out, "--no-align", "--keep-size"]


TOOLS: dict[str, Command] = {"adaptive": ours, "enfuse": enfuse, "focusweave": focusweave}


def cheap_camera(folder: Path) -> list[Path]:
    """Make a slope as a cheap camera records it, one JPEG per plane."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    texture = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), 1.5)
    scene = 120 + 20 * texture[..., None] / texture.std() * np.float32([1.0, 0.8, 0.6])
    pattern = PATTERN * rng.standard_normal((*SHAPE, 3)).astype(np.float32)
    sharp = np.linspace(0, PLANES - 1, SHAPE[1]).round()
    paths = []
    for z in range(PLANES):
        plane = np.empty_like(scene)
        for off in np.unique(np.abs(sharp - z)):
            blurred = cv2.GaussianBlur(scene, (0, 0), 0.7 * off) if off else scene
            columns = np.abs(sharp - z) == off
            plane[:, columns] = blurred[:, columns]
        plane += pattern + NOISE * rng.standard_normal(plane.shape, np.float32)
        paths.append(folder / f"plane_{z:02}.jpg")
        cv2.imwrite(str(paths[-1]), plane.clip(0, 255).astype(np.uint8))
    return paths


def laid_down(folder: Path, out: Path) -> dict[str, list[Path]]:
    """Copy the planes of each stack into a folder of their own, and make one more."""
    found = {}
    for name, planes in stacks(folder):
        if len(planes) > 1:
            place = out / name
            place.mkdir(parents=True, exist_ok=True)
            found[name] = [Path(shutil.copy(plane, place)) for plane in planes]
    return {**found, "cheap camera": cheap_camera(out / "cheap_camera")}


def main(folder: Path, out: Path) -> None:
    """Time all tools on all stacks; print processor seconds, the median of some rounds."""
    compile_ours()
    print(f"| stack | {' | '.join(TOOLS)} |\n|{'---|' * (len(TOOLS) + 1)}")
    for name, planes in laid_down(folder, out).items():
        spent: dict[str, list[float]] = {tool: [] for tool in TOOLS}
        for _ in range(ROUNDS):
            for tool, command in TOOLS.items():
                try:
                    cost = run(command(planes, out / f"{tool}.tif"), cwd=out)
                except (ToolFailed, OSError) as trouble:
                    print(f"{tool} failed on {name}: {trouble}", file=sys.stderr)
                    continue
                spent[tool].append(cost.cpu)
        row = [f"{median(times):.2f}" if times else "-" for times in spent.values()]
        print(f"| {name} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).absolute())
