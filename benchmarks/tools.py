"""What every tool in a table can do, be it a rival, a baseline or a method of ours."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.measure import Cost, run
from benchmarks.stacks import Inputs

__all__ = ["Baseline", "Outcome", "Own", "Tool", "read_image"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Outcome:
    """What a tool gave for one z-stack; parts that it does not offer are None."""

    cost: Cost
    image: Array
    depth: Array | None = None
    confidence: Array | None = None


@dataclass(frozen=True)
class Tool(ABC):
    """Something that fuses a z-stack, as a process of its own.

    Parameters
    ----------
    name : str
        Its row in the tables.
    options : str
        How it is called, in words, for the page.
    """

    group: ClassVar[str]
    name: str
    options: str

    @abstractmethod
    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Return the whole command that reads the inputs and writes a TIFF."""

    def environ(self, inputs: Inputs) -> Mapping[str, str]:
        """Return what its environment variables need."""
        return {}

    def spend(self, inputs: Inputs, out: Path, *, timeout: float = 300.0) -> Cost:
        """Run it and return only what it cost."""
        words = self.command(inputs, out)
        return run(words, cwd=inputs.folder, environ=self.environ(inputs), timeout=timeout)

    def fuse(self, inputs: Inputs, *, maps: bool = True) -> Outcome:
        """Run it and return cost and image, and its maps when they are wanted and given."""
        out = inputs.folder / "fused.tif"
        cost = self.spend(inputs, out)
        image = read_image(out, inputs) / self.gain(inputs)
        return Outcome(cost, image, self.depth(inputs) if maps else None)

    def gain(self, inputs: Inputs) -> float:
        """By how much its pixels are brighter than the camera's."""
        return 1.0

    def depth(self, inputs: Inputs) -> Array | None:
        """Return the plane index at each pixel, where the tool gives one."""
        return None


@dataclass(frozen=True)
class Own(Tool):
    """A method of ours, through the command line that users run.

    Parameters
    ----------
    method : str
        Its name in the registry.
    """

    group: ClassVar[str] = "ours"
    method: str

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Write image, depth, decision and confidence."""
        maps = [("--depth", "depth"), ("--decision", "decision"), ("--confidence", "confidence")]
        words: list[str | Path] = [Path(sys.executable).parent / "napari-mfif", "fuse"]
        words += [inputs.ours, "-o", out, "--method", self.method, "--overwrite"]
        for option, name in maps:
            words += [option, inputs.folder / f"{name}.tif"]
        return words

    def fuse(self, inputs: Inputs, *, maps: bool = True) -> Outcome:
        """Run it and read all it wrote."""
        out = inputs.folder / "fused.ome.tif"
        cost = self.spend(inputs, out)
        depth = tifffile.imread(inputs.folder / "depth.tif")
        confidence = tifffile.imread(inputs.folder / "confidence.tif")
        return Outcome(cost, read_image(out, inputs), depth, confidence)


@dataclass(frozen=True)
class Baseline(Tool):
    """A plain method of a few lines, ``runners/run_baseline.py``, for orientation."""

    group: ClassVar[str] = "baseline"
    method: str
    gives_depth: bool = False

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Read the camera's own stack."""
        runner = Path(__file__).parent / "runners" / "run_baseline.py"
        return [sys.executable, runner, inputs.ours, out, self.method]

    def depth(self, inputs: Inputs) -> Array | None:
        """Return the plane chosen at each pixel."""
        if not self.gives_depth:
            return None
        return np.asarray(np.load(inputs.folder / "fused.npy"), np.float32)


def read_image(path: Path, inputs: Inputs) -> Array:
    """Read a fused image as float32, (Y, X) or (Y, X, 3); alpha is dropped, grey RGB averaged."""
    image = np.squeeze(tifffile.imread(path, series=0, level=0)).astype(np.float32)
    if image.ndim == 3 and image.shape[0] == 3 and image.shape[2] > 4:
        image = np.moveaxis(image, 0, -1)
    if inputs.colour:
        return image[..., :3]
    if image.ndim == 3:
        return image[..., :3].mean(-1) if image.shape[2] >= 3 else image[..., 0]
    return image
