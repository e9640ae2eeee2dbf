"""What was done to planes and results, and what keeps depths from being believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.fusion.doubts import doubts_of
from napari_mfif.fusion.repairs import repairs_in

__all__ = ["noted"]


def noted(
    stack: ZStack, folded: Sequence[FoldedTimepoint], strokes: int, channel: int | str | None
) -> Iterator[str]:
    """Say what was done to the planes of timepoints, and how many strokes were painted.

    `channel` is the guide channel.
    """
    empty = [str(t) for t, one in enumerate(folded) if one.preparation.identical]
    if empty and len(folded) == 1:
        yield "All planes are equal: the image is one of them, and no height can be told."
    elif empty:
        yield f"Passed over, since all their planes are equal: timepoints {', '.join(empty)}."
    planes = sorted({z for one in folded for z in one.preparation.missing.planes})
    if planes:
        numbers = ", ".join(str(stack.plane_number(z)) for z in planes)
        yield f"Left out, since they show nothing: planes {numbers}."
    again = sorted({z for one in folded for z in one.preparation.repeated})
    if again and not empty:
        numbers = ", ".join(str(stack.plane_number(z)) for z in again)
        yield f"Equal to the plane before, and so without a vote: planes {numbers}."
    if any(one.reader.incomplete for one in folded if not one.preparation.missing.planes):
        yield "Where planes lack pixels the others were fused; where all do, nothing is there."
    if hot := repairs_in(folded):
        pixels = "1 hot pixel was" if hot == 1 else f"{hot} hot pixels were"
        yield f"{pixels} replaced."
    if strokes:
        yield f"{strokes} {'stroke was' if strokes == 1 else 'strokes were'} painted by hand."
    for doubt in doubts_of(folded, channel):
        yield f"{doubt.sentence} {doubt.remedy}"
