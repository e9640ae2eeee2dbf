"""Scenes drawn at random from pictures and masks, and the pairs that a lens makes of them.

What `napari_mfif.training.pairs` does with given pictures is done here with drawn ones: an object
before a background, the blur of either, and deeper scenes of which two planes are compared as in a
z-stack.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.lens import PSFS, Layer, all_in_focus, photograph
from napari_mfif.simulation.shapes import heights
from napari_mfif.training.data import Picture, crop, crop_with_mask
from napari_mfif.training.masks import Outline, draw_mask
from napari_mfif.training.pairs import Blur, Pair, disc, gaussian, paint_behind, spread_whole

__all__ = ["draw_blur", "draw_object", "object_pair", "stack_pair"]

Pixels = NDArray[np.float32]
Rng = np.random.Generator

#: How often a picture's own objects are used, where it has some.
OWN = 0.7
#: Less difference of the blur radii than this, in pixels, and neither plane is the better.
INDIFFERENT = 0.25


def draw_object(
    rng: Rng, pictures: Sequence[Picture], size: int, outline: Outline = draw_mask
) -> tuple[Pixels, Pixels, NDArray[np.float32]]:
    """Draw an object before a background: two pictures and a matte.

    The object is one of a picture's own, with what may lie behind it painted in, where the
    picture has a mask; otherwise its outline is drawn and its background another picture.

    Parameters
    ----------
    rng : Generator
        Where chance comes from.
    pictures : sequence of Picture
        Grey or in colour.
    size : int
        Pixels of a side.
    outline : callable, optional
        Draws an object for a picture without one of its own.

    Returns
    -------
    foreground, background : float32, (size, size) or (size, size, 3)
        The background goes on behind the object.
    matte : float32, (size, size)
        1 on the object.
    """
    front, mask = crop_with_mask(rng, _any(rng, pictures), size)
    if mask is not None and 0.03 < mask.mean() < 0.97 and rng.random() < OWN:
        return front, paint_behind(front, mask), mask
    return front, crop(rng, _any(rng, pictures), size), outline(rng, (size, size))


def draw_blur(rng: Rng, *, least: float = 0.8, most: float = 6.0) -> Blur:
    """Draw the blur of a lens, a disc or a Gaussian; its sigma is even on a logarithmic scale."""
    sigma = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    return disc(2 * sigma) if rng.random() < 0.5 else gaussian(sigma)


def object_pair(
    rng: Rng, pictures: Sequence[Picture], size: int, outline: Outline = draw_mask
) -> Pair:
    """Draw a physically whole pair: the object in focus, and what lies behind it, in any order."""
    margin = size // 8  # mirrored borders stay outside
    front, back, matte = draw_object(rng, pictures, size + 2 * margin, outline)
    pair = spread_whole(front, back, matte, draw_blur(rng))
    return _any_order(rng, _inner(pair, margin))


def stack_pair(rng: Rng, pictures: Sequence[Picture], size: int, *, planes: int = 12) -> Pair:
    """Draw what a sequence meets: the best of some planes of a deep scene, and a later plane.

    The scene is a surface with hills, often with an object before it. Neither side need be in
    focus: the true focus map says which blurs less, and pixels count only where that differs by
    more than `INDIFFERENT` pixels of radius.
    """
    margin = size // 8
    outer = size + 2 * margin
    layers = _layers(rng, pictures, outer, planes)
    depth = layers[0].depth.copy()
    for layer in layers[1:]:
        depth[layer.matte > 0.5] = layer.depth[layer.matte > 0.5]
    slope = float(np.exp(rng.uniform(np.log(0.4), np.log(2.0))))
    psf = str(rng.choice(PSFS))
    new = int(rng.integers(1, planes))
    before = np.sort(rng.choice(new, min(new, int(rng.integers(1, 4))), replace=False))
    if rng.random() < 0.5:  # the stage moves the other way
        new, before = planes - 1 - new, planes - 1 - before
    ground = np.zeros_like(layers[0].light)

    def seen(plane: float) -> Pixels:
        return photograph(ground, layers, plane, slope=slope, psf=psf)

    so_far, blur = seen(float(before[0])), slope * np.abs(depth - before[0])
    for plane in before[1:]:
        closer = slope * np.abs(depth - plane) < blur
        so_far = np.where(closer[..., None], seen(float(plane)), so_far)
        blur = np.minimum(blur, slope * np.abs(depth - plane))
    gain = slope * np.abs(depth - new) - blur  # pixels by which the result so far blurs less
    grey = layers[0].light.shape[2] == 1
    images = [so_far, seen(float(new)), all_in_focus(ground, layers)]
    first, second, image = (
        np.ascontiguousarray(i[..., 0] if grey else i, np.float32) for i in images
    )
    pair = Pair(
        first,
        second,
        (gain > 0).astype(np.float32),
        image,
        (np.abs(gain) > INDIFFERENT).astype(np.float32),
    )
    return _any_order(rng, _inner(pair, margin))


def _layers(rng: Rng, pictures: Sequence[Picture], size: int, planes: int) -> list[Layer]:
    """Draw a surface, and in most cases an object before it, deep or flat."""
    front, back, matte = draw_object(rng, pictures, size)
    front, back = (p if p.ndim == 3 else p[..., None] for p in (front, back))
    low, high = np.sort(rng.uniform(0, planes - 1, 2))
    hills = low + (high - low) * heights(rng, (size, size))
    whole = np.ones((size, size), np.float32)
    layers = [Layer(back, np.asarray(hills, np.float32), whole)]
    if rng.random() < 0.7:
        near = float(rng.uniform(0, planes - 1))
        tilt = rng.uniform(-2, 2) * (rng.random() < 0.5)
        plane = near + tilt * np.linspace(-1, 1, size, dtype=np.float32)[None, :] * whole
        layers.append(Layer(front, np.asarray(plane, np.float32), matte))
    return layers


def _inner(pair: Pair, margin: int) -> Pair:
    inner = np.s_[margin:-margin, margin:-margin]
    maps = (pair.first, pair.second, pair.focus, pair.image, pair.counts)
    return Pair(*(None if m is None else np.ascontiguousarray(m[inner]) for m in maps))  # type: ignore[arg-type]


def _any_order(rng: Rng, pair: Pair) -> Pair:
    return pair.swapped() if rng.random() < 0.5 else pair


def _any(rng: Rng, pictures: Sequence[Picture]) -> Picture:
    return pictures[int(rng.integers(len(pictures)))]
