"""The height of a fusion as a surface that napari draws; made outside the main thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from napari.utils.colormaps import ensure_colormap
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.multiscale import is_large
from napari_mfif.surface.heights import HeightMap, height_map
from napari_mfif.surface.mesh import picture, triangulated

__all__ = ["VERTICES", "Paint", "Solid", "Wish", "check_whole", "solid", "texture_of"]

#: Vertices of a surface on the screen at most: what software rendering, too, can turn.
VERTICES = 100_000

#: Light that comes from everywhere.
AMBIENT = 0.35


@dataclass(frozen=True)
class Paint:
    """How a channel of the image is coloured.

    Parameters
    ----------
    colormap : Colormap
        Of napari.
    limits : (float, float)
        Values of its first and last colour.
    gamma : float, optional
        Power of the values between.
    """

    colormap: Any
    limits: tuple[float, float]
    gamma: float = 1.0


@dataclass(frozen=True)
class Wish:
    """What is wanted of a surface.

    Parameters
    ----------
    time : int, optional
        The timepoint.
    min_confidence : float, optional
        Heights less sure than this are left out; as the recipe says when not given.
    fill : bool, optional
        Whether they are filled from what is known around them; as the recipe says when not given.
    paints : tuple of Paint, optional
        Of each channel; as the fusion's layers were made when not given.
    exaggeration : float, optional
        How many times as high heights are drawn.
    light : bool, optional
        Whether slopes are lit from the upper left.
    first_on_top : bool, optional
        Whether the first plane lies highest; heights grow from plane to plane otherwise.
    """

    time: int = 0
    min_confidence: float | None = None
    fill: bool | None = None
    paints: tuple[Paint, ...] = ()
    exaggeration: float = 1.0
    light: bool = True
    first_on_top: bool = False


@dataclass(frozen=True)
class Solid:
    """A surface in the axes of its source layer, ready to be drawn.

    Parameters
    ----------
    vertices, faces, texcoords, texture
        As a Surface layer takes them.
    options : dict
        Its geometry.
    z : int
        The axis of its vertices along which height runs.
    every : int
        Every so many-th pixel became a vertex.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.uint32]
    texcoords: NDArray[np.float32]
    texture: NDArray[np.uint8]
    options: dict[str, Any]
    z: int
    every: int


def solid(made: Made, wish: Wish) -> Solid:
    """Make the surface of a fusion.

    Raises
    ------
    ParameterError
        Nowhere is a height sure enough.
    """
    fusion, placement = made.fusion, made.look.placement
    # in planes: the layer's own scale makes heights of them
    stack = replace(fusion.stack, z_step=None, z_positions=None)
    heights = _heights(replace(fusion, stack=stack), wish)
    found = triangulated(heights.height, VERTICES)
    rows, columns = heights.height.shape
    space = np.broadcast_to(np.float32(0), (stack.n_planes, rows, columns))
    origin = fusion.origin if fusion.recipe.crop else None
    options = placement.fit(space, "ZYX", origin=origin).options
    target = placement.letters[-len(options["scale"]) :]
    along: dict[str, Any] = {"Z": found.heights, "Y": found.rows, "X": found.columns}
    nothing = np.zeros(len(found.rows))
    vertices = np.column_stack([along.get(letter, nothing) for letter in target])
    texcoords = np.column_stack([(found.columns + 0.5) / columns, 1 - (found.rows + 0.5) / rows])
    return Solid(
        vertices.astype(np.float32),
        found.faces[:, ::-1],  # their outside is where the first plane lies, and one looks from
        texcoords.astype(np.float32),
        texture_of(made, wish),
        options,
        target.index("Z"),
        found.every,
    )


def check_whole(fusion: Fusion) -> None:
    """Refuse a fusion of large planes that is made where one looks: measuring would make all of it.

    Raises
    ------
    ParameterError
        It is one.
    """
    if not isinstance(fusion.depth, np.ndarray) and is_large(fusion.stack.plane_shape):
        raise ParameterError(
            "This fusion is made only where one looks. Fuse all of it, or a part of the stack, to "
            "measure its heights."
        )


def _heights(fusion: Fusion, wish: Wish) -> HeightMap:
    check_whole(fusion)
    fill = fusion.recipe.unsure == "fill" if wish.fill is None else wish.fill
    return height_map(fusion, wish.time, min_confidence=wish.min_confidence, fill=fill)


def texture_of(made: Made, wish: Wish) -> NDArray[np.uint8]:
    """Return the image in colour, (Y, X, 3), as its layers show it, and lit if that is wished."""
    plain = _coloured(made, wish)
    if not wish.light:
        return plain
    up = -wish.exaggeration if wish.first_on_top else wish.exaggeration
    shade = lit(_heights(made.fusion, wish), up)
    return (plain * shade[..., None] + np.float32(0.5)).astype(np.uint8)


def lit(heights: HeightMap, exaggeration: float) -> NDArray[np.float32]:
    """Return how light each place of a surface is, 0 to 1, with a lamp at the upper left.

    A negative exaggeration turns heights over.

    napari's own shading takes its lamp from another direction than the one it shows, and its
    slopes from before they are scaled.
    """
    towards = np.array([-1, -1, 1.5]) / np.linalg.norm([-1, -1, 1.5])
    down, across = np.gradient(heights.height * np.float32(exaggeration), *heights.pixel_size)
    facing = (towards[2] - towards[0] * down - towards[1] * across) / np.sqrt(
        1 + down**2 + across**2
    )
    shade = AMBIENT + (1 - AMBIENT) * np.clip(facing / towards[2], 0, None)
    return np.asarray(np.clip(np.nan_to_num(shade, nan=1.0), 0, 1), np.float32)


def _coloured(made: Made, wish: Wish) -> NDArray[np.uint8]:
    fusion, look = made.fusion, made.look
    if fusion.stack.n_samples > 1:
        return picture(fusion, wish.time)
    paints = wish.paints or tuple(map(Paint, look.colormaps, look.limits))
    axes = fusion.stack.axes.replace("Z", "")
    image: Any = np.asarray(fusion.image[wish.time] if "T" in axes else fusion.image)
    channels = image if "C" in axes else image[None]
    total = np.zeros((*channels.shape[-2:], 3), np.float32)
    for channel, paint in zip(channels, paints, strict=True):
        low, high = paint.limits
        shade = np.clip((channel - np.float32(low)) / max(high - low, 1e-12), 0, 1)
        # a colour for each of 256 shades: mapping every pixel takes a second
        colours = ensure_colormap(paint.colormap).map(np.linspace(0, 1, 256) ** paint.gamma)
        total += colours[(shade * 255).astype(np.uint8), :3].astype(np.float32)
    return (255 * np.clip(total, 0, 1) + 0.5).astype(np.uint8)
