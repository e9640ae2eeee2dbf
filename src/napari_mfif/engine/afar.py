"""A z-stack at ever coarser resolution, by the copies in its file as far as it has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from napari_mfif.engine.thinned import Thinned
from napari_mfif.pixels import Pixels
from napari_mfif.stack import ZStack

__all__ = ["seen_from_afar"]

#: The coarsest has at least so many pixels along its longer side.
SMALLEST = 512
#: A copy in the file follows where it is no more than so many times coarser.
JUMP = 2.5


def seen_from_afar(stack: ZStack, smallest: int | None = None) -> list[ZStack]:
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
        for level in getattr(stack.pixels, "coarser", ())
    ]
    known, factor, step = stack.pixels, 1.0, 1
    while True:
        if waiting and waiting[0][0] <= JUMP * factor * step:
            factor, known = waiting.pop(0)
            step = 1
            yield known
        else:
            step *= 2
            yield Thinned.of(known, stack.axes, step)
