"""Stacks of planes too large to be fused at once, in the forms in which they are kept."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tifffile
import zarr

from napari_mfif.io import write_image

__all__ = ["KINDS", "Planes", "write_stack"]

#: Uncompressed TIFF; TIFF in compressed tiles; OME-TIFF as `write_image` makes it, with its coarser
#: copies; a Zarr array in chunks of 512 x 512; OME-Zarr with coarser copies.
KINDS = ("flat", "coded", "pyramid", "plain-zarr", "zarr")


class Planes:
    """Noise that is sharpest in another plane in each part of the columns, made when it is read."""

    def __init__(self, planes: int, side: int, dtype: str = "uint8") -> None:
        rng = np.random.default_rng(0)
        self.tile = cv2.GaussianBlur(rng.integers(0, 255, (1000, 1000), np.uint8), (0, 0), 0.7)
        self.soft = cv2.GaussianBlur(self.tile, (0, 0), 2)
        if dtype != "uint8":
            self.tile, self.soft = (one.astype(dtype) * 200 for one in (self.tile, self.soft))
        self.shape, self.dtype, self.ndim = (planes, side, side), np.dtype(dtype), 3

    def plane(self, z: int) -> np.ndarray:
        """Return one plane."""
        planes, side, _ = self.shape
        repeats = -(-side // 1000)
        plane = np.tile(self.soft, (repeats, repeats))[:side, :side]
        columns = slice(z * side // planes, (z + 1) * side // planes)
        plane[:, columns] = np.tile(self.tile, (repeats, repeats))[:side, columns]
        return plane

    def __getitem__(self, index: tuple[int]) -> np.ndarray:
        """Return one plane."""
        return self.plane(index[0])


def write_stack(folder: Path, kind: str, planes: Planes) -> Path:
    """Write the stack in the form that is asked for."""
    if kind in ("pyramid", "zarr"):
        ending = ".ome.tif" if kind == "pyramid" else ".ome.zarr"
        return write_image(folder / f"large{ending}", planes, axes="ZYX")
    if kind == "plain-zarr":
        chunks = (1, 512, 512)
        array = zarr.create_array(
            folder / "large.zarr", shape=planes.shape, dtype=planes.dtype, chunks=chunks
        )
        for z in range(planes.shape[0]):
            array[z] = planes.plane(z)
        return folder / "large.zarr"
    path = folder / "large.tif"
    flat = {"contiguous": True}
    coded = {"tile": (512, 512), "compression": "zlib", "compressionargs": {"level": 1}}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for z in range(planes.shape[0]):
            file.write(planes.plane(z), metadata=None, **(flat if kind == "flat" else coded))
    return path
