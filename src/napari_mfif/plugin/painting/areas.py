"""Which pixels a place on the result stands for, and which stroke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from napari_mfif.fusion.api import Fusion
from napari_mfif.kernels.strokes import share_of
from napari_mfif.settings.strokes import ERASE, Stroke

__all__ = ["connected", "painted_by", "uppermost"]


def connected(decision: Any, row: int, column: int) -> Any | None:
    """Return the pixels around one that are taken from the same plane; None outside."""
    rows, columns = decision.shape
    if not (0 <= row < rows and 0 <= column < columns):
        return None
    same = (decision == decision[row, column]).astype(np.uint8)
    marked = np.zeros((rows + 2, columns + 2), np.uint8)
    cv2.floodFill(same, marked, (column, row), 1, flags=4 | (255 << 8) | cv2.FLOODFILL_MASK_ONLY)
    return marked[1:-1, 1:-1] > 0


def uppermost(strokes: Sequence[Stroke], time: int, row: int, column: int) -> int | None:
    """Return the number of the last stroke that covers a pixel; None where none does."""
    pixel = slice(row, row + 1), slice(column, column + 1)
    for number in reversed(range(len(strokes))):
        stroke = strokes[number]
        if stroke.time == time and share_of(stroke, *pixel)[0, 0] >= 0.5:
            return number
    return None


def painted_by(fusion: Fusion, time: int, row: int, column: int) -> str:
    """Say from what a pixel was painted by hand; nothing where the method decided."""
    strokes = fusion.strokes
    number = uppermost(strokes, time, row, column)
    source = ERASE if number is None else strokes[number].source
    if source == ERASE:
        return ""
    if isinstance(source, int):
        return f"Painted by you (plane {fusion.stack.plane_number(source)})"
    return "Painted by you (another result)"
