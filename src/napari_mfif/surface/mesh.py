"""A height map as a surface of triangles, with the image on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.result import Fusion
from napari_mfif.methods.base import FloatMap
from napari_mfif.surface.heights import HeightMap, height_map

__all__ = ["Mesh", "Triangles", "picture", "surface", "surface_of", "triangulated"]


@dataclass(frozen=True)
class Triangles:
    """A grid of heights in triangles; where a height is not known there is a hole.

    Parameters
    ----------
    rows, columns : (N,)
        Pixel of each vertex.
    heights : (N,)
        Of each vertex.
    faces : (M, 3)
        Numbers of three vertices each.
    every : int
        Every so many-th row and column was taken.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    heights: FloatMap
    faces: NDArray[np.uint32]
    every: int


@dataclass(frozen=True)
class Mesh:
    """A surface in space: x to the right, y up in the image, z the height.

    Parameters
    ----------
    vertices : float32, (N, 3)
        x and y in `lateral_unit`, z in `unit`.
    faces : uint32, (M, 3)
        Numbers of three vertices each, counterclockwise as seen from large z.
    uv : float32, (N, 2)
        Place of each vertex in the texture: 0, 0 is its lower left corner.
    texture : uint8, (Y, X, 3)
        The image.
    every : int
        Every so many-th pixel became a vertex.
    unit, lateral_unit : str
        ``"planes"`` and ``"pixels"`` where a size is not known.
    """

    vertices: FloatMap
    faces: NDArray[np.uint32]
    uv: FloatMap
    texture: NDArray[np.uint8]
    every: int
    unit: str
    lateral_unit: str

    @property
    def colours(self) -> NDArray[np.uint8]:
        """Colour of each vertex, uint8, (N, 3)."""
        height, width = self.texture.shape[:2]
        columns = np.clip(self.uv[:, 0] * width, 0, width - 1).astype(int)
        rows = np.clip((1 - self.uv[:, 1]) * height, 0, height - 1).astype(int)
        found: NDArray[np.uint8] = self.texture[rows, columns]
        return found

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write it for other programs.

        Parameters
        ----------
        path : str or Path
            ``.stl`` (binary), ``.ply`` (with a colour per vertex), ``.obj`` (with the image as
            ``.png`` and a ``.mtl`` beside it), or ``.csv`` (x, y, z of the vertices).
        overwrite : bool, optional
            Whether existing files are replaced.
        """
        from napari_mfif.surface.export import save_mesh

        return save_mesh(self, path, overwrite=overwrite)


def surface(
    fusion: Fusion,
    t: int = 0,
    *,
    min_confidence: float | None = None,
    fill: bool = False,
    first_on_top: bool = False,
    texture: NDArray[np.uint8] | None = None,
    most: int | None = None,
) -> Mesh:
    """Make a surface of the heights, with the image on it.

    Parameters
    ----------
    fusion, t, min_confidence, fill
        As for `height_map`.
    first_on_top : bool, optional
        Whether the first plane lies highest. Heights grow from plane to plane otherwise; of a
        stack that was taken downwards that is the specimen's mirror image.
    texture : uint8, (Y, X, 3), optional
        What is shown on it; the fused image when not given.
    most : int, optional
        Vertices at most: of a larger image only every second, third, ... pixel becomes one.

    Raises
    ------
    ParameterError
        Nowhere is a height sure enough.
    """
    heights = height_map(fusion, t, min_confidence=min_confidence, fill=fill)
    shown = picture(fusion, t) if texture is None else texture
    return surface_of(heights, shown, first_on_top=first_on_top, most=most)


def surface_of(
    heights: HeightMap,
    texture: NDArray[np.uint8],
    *,
    first_on_top: bool = False,
    most: int | None = None,
) -> Mesh:
    """Make a surface of heights, as `surface` does."""
    found = triangulated(heights.height, most)
    n_rows, n_columns = heights.height.shape
    down, across = heights.pixel_size
    z = sum(heights.limits) - found.heights if first_on_top else found.heights
    vertices = np.column_stack([found.columns * across, (n_rows - 1 - found.rows) * down, z])
    uv = np.column_stack([(found.columns + 0.5) / n_columns, 1 - (found.rows + 0.5) / n_rows])
    return Mesh(
        vertices.astype(np.float32),
        found.faces,
        uv.astype(np.float32),
        texture,
        found.every,
        heights.unit,
        heights.lateral_unit,
    )


def triangulated(heights: FloatMap, most: int | None = None) -> Triangles:
    """Cut a grid of heights, NaN where they are not known, into triangles.

    Parameters
    ----------
    heights : (Y, X)
        The grid.
    most : int, optional
        Vertices at most, all over the grid.

    Raises
    ------
    ParameterError
        Nowhere is a height known.
    """
    every = 1 if most is None else max(1, int(np.ceil(np.sqrt(heights.size / most))))
    rows, columns = (_picked(length, every) for length in heights.shape)
    grid = heights[np.ix_(rows, columns)]
    number = np.arange(grid.size, dtype=np.uint32).reshape(grid.shape)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    faces = np.concatenate(
        [np.stack(three, axis=-1).reshape(-1, 3) for three in ((a, c, b), (b, c, d))]
    )
    faces = faces[np.isfinite(grid).ravel()[faces].all(axis=1)]
    used = np.zeros(grid.size, bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.uint32) - np.uint32(1)
    where = np.nonzero(used.reshape(grid.shape))
    if not len(faces):
        raise ParameterError(
            "Nowhere is the height sure enough for a surface. "
            "Allow less sure ones by `min_confidence=`."
        )
    return Triangles(rows[where[0]], columns[where[1]], grid[where], renumbered[faces], every)


def _picked(length: int, every: int) -> NDArray[np.intp]:
    """Return every so many-th index, the last one too."""
    return np.unique(np.append(np.arange(0, length, every), length - 1))


def picture(fusion: Fusion, t: int = 0) -> NDArray[np.uint8]:
    """Return the fused image in 8 bit, (Y, X, 3): grey from its darkest to its lightest 0.1 %.

    Of several channels the mean is shown.
    """
    axes = fusion.stack.axes.replace("Z", "")
    image: NDArray[Any] = np.asarray(fusion.image[t] if "T" in axes else fusion.image)
    if "C" in axes:
        image = image.mean(axis=0)
    if image.dtype == np.uint8 and "S" in axes:
        return image[..., :3]
    low, high = np.nanquantile(image[::4, ::4], (0.001, 0.999))
    with np.errstate(invalid="ignore"):
        grey = np.nan_to_num((image - low) / max(high - low, 1e-12))
    eight = (255 * np.clip(grey, 0, 1) + 0.5).astype(np.uint8)
    return eight[..., :3] if "S" in axes else np.repeat(eight[..., None], 3, axis=-1)
