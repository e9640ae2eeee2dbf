"""The pictures: simulated z-stacks laid down as files, once for all tools."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

__all__ = ["Inputs", "lay_down"]


@dataclass(frozen=True)
class Inputs:
    """One z-stack as files.

    Parameters
    ----------
    folder : Path
        Where they lie; tools may write here too.
    gain : int
        Factor of the rivals' pixels. Many of them take 65535 for white, so a camera of 12 bits
        would look black to them; an integer factor costs no precision.
    colour : bool
        Whether planes are RGB.
    drifts : bool
        Whether the lamp's brightness changes along z; tools that can follow it are told to.
    """

    folder: Path
    gain: int
    colour: bool
    drifts: bool = False

    @property
    def ours(self) -> Path:
        """The stack as the camera gave it, one multi-page TIFF."""
        return self.folder / "stack.tif"

    @property
    def stack(self) -> Path:
        """The stack for rivals, one multi-page TIFF."""
        return self.folder / "bright.tif"

    @property
    def files(self) -> Path:
        """The folder with one TIFF per plane, for rivals."""
        return self.folder / "planes"

    @property
    def rgb_files(self) -> Path:
        """The same planes as RGB, for rivals that know no grey."""
        return self.folder / ("planes" if self.colour else "rgb")


def lay_down(pixels: NDArray[Any], folder: Path, *, drifts: bool = False) -> Inputs:
    """Write a uint16 z-stack, (Z, Y, X) or (Z, Y, X, 3), in all the forms that tools ask for."""
    shutil.rmtree(folder, ignore_errors=True)
    colour = pixels.ndim == 4
    gain = max(1, 65535 // int(pixels.max()))
    inputs = Inputs(folder, gain, colour, drifts)
    for place in (inputs.files, inputs.rgb_files):
        place.mkdir(parents=True, exist_ok=True)
    kind = "rgb" if colour else "minisblack"
    bright = pixels * np.uint16(gain)
    _write(inputs.ours, pixels, kind)
    _write(inputs.stack, bright, kind)
    for index, plane in enumerate(bright):
        _write(inputs.files / f"plane_{index:03d}.tif", plane, kind)
        if not colour:
            grey = np.repeat(plane[..., None], 3, axis=2)
            _write(inputs.rgb_files / f"plane_{index:03d}.tif", grey, "rgb")
    return inputs


def _write(path: Path, pixels: NDArray[Any], kind: str) -> None:
    tifffile.imwrite(path, pixels, photometric=kind, metadata=None)
