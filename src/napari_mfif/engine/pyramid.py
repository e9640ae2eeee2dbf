"""Resolution levels of a z-stack, taken from its file where that stores them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from napari_mfif.arrays.downsampled import Downsampled
from napari_mfif.arrays.lazy_array import Pixels, coarser_levels
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.moved import AlignedPixels
from napari_mfif.engine.preparation import Preparation

__all__ = ["coarser_stacks"]

#: The coarsest has at least so many pixels along its longer side.
SMALLEST = 512
#: A copy in the file follows where it is no more than so many times coarser.
JUMP = 2.5
#: A copy that had to be decoded for, and is no longer than this, is what coarser ones are made of.
HELD = 2560


def coarser_stacks(stack: ZStack, smallest: int | None = None) -> list[ZStack]:
    """Return the stack at about a half, a quarter, ... of its size, for looking at it.

    Parameters
    ----------
    stack : ZStack
        The planes; its pixels may tell of `coarser` copies.
    smallest : int, optional
        Pixels that the longer side of the coarsest has at least.

    Returns
    -------
    list of ZStack
        The same planes, channels and timepoints in fewer rows and columns; none where it is small.
    """
    least = SMALLEST if smallest is None else smallest
    if isinstance(stack.pixels, AlignedPixels):
        far = coarser_stacks(stack.pixels.stack, least)
        return [_moved(stack.pixels, one) for one in far]
    rows, columns = stack.plane_shape
    found = []
    for pixels in _copies(stack):
        height, width = (pixels.shape[stack.axes.index(letter)] for letter in "YX")
        if max(height, width) < least or min(height, width) < 1:
            break
        size = stack.pixel_size
        if size is not None:
            size = (size[0] * rows / height, size[1] * columns / width)
        found.append(replace(stack, pixels=pixels, pixel_size=size, source=None))
    return found


def _copies(stack: ZStack) -> Iterator[Pixels]:
    """Yield copies of the pixels, each about half as large as the last one."""
    longest = max(stack.plane_shape)
    waiting = [
        (longest / max(level.shape[stack.axes.index(letter)] for letter in "YX"), level)
        for level in coarser_levels(stack.pixels)
    ]
    known, factor, step = stack.pixels, 1.0, 1
    while True:
        if waiting and waiting[0][0] <= JUMP * factor * step:
            factor, known = waiting.pop(0)
            step = 1
            yield known
            continue
        step *= 2
        made = Downsampled.of(known, stack.axes, step)
        yield made
        if made.taps == made.step and longest / (factor * step) <= HELD:
            known, factor, step = made, factor * step, 1


def _moved(near: AlignedPixels, far: ZStack) -> ZStack:
    """Return a resolution level of an aligned stack, its planes moved alike."""
    factors = [a / b for a, b in zip(near.stack.plane_shape, far.plane_shape, strict=True)]
    factor = max(factors)
    rows, columns = near.area
    # the centre of the first pixel from afar lies in the middle of a square
    middle = np.full(2, (factor - 1) / 2)
    begin = middle + np.array([columns.start, rows.start])
    transforms = []
    for one in near.transforms:
        matrices = one.matrices.copy()
        matrices[:, :, 2] += matrices[:, :, :2] @ begin - middle
        matrices[:, :, 2] /= factor
        transforms.append(replace(one, matrices=matrices))
    down, across = (
        slice(0, max(1, min(int((span.stop - span.start) / factor), length)))
        for span, length in zip(near.area, far.plane_shape, strict=True)
    )
    plain = Preparation(np.ones(far.n_channels * far.n_samples, np.float32))
    pixels = AlignedPixels(far, transforms, [plain] * len(transforms), (down, across))
    return replace(far, pixels=pixels)
