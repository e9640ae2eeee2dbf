"""What a fusion found at one pixel, without making anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["pixel_of"]


def pixel_of(fusion: Fusion, time: int, row: int, column: int) -> tuple[float, float] | None:
    """Return depth and confidence at a pixel; of a lazy result only where they have been made."""
    if not fusion.is_lazy:
        index = (time, row, column) if "T" in fusion.stack.axes else (row, column)
        return float(fusion.depth[index]), float(fusion.confidence[index])
    part = None if fusion._fold is None else fusion._fold.pixel_there(time, row, column)
    return None if part is None else (float(part.depth[0, 0]), float(part.confidence[0, 0]))
