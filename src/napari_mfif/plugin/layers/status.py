"""What the status bar says over a result: its height with unit, the plane, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.pixels import pixel_of
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.plugin.napari_internals import say_status
from napari_mfif.wording import sign_of

__all__ = ["Found", "in_words", "say_heights", "values_at"]


class Found(NamedTuple):
    """What a fusion found at a pixel."""

    height: float
    plane: float
    confidence: float


def say_heights(layer: Any) -> None:
    """Let the status bar say height, plane and confidence where the mouse is over a result."""
    say_status(layer, _status)


def _status(layer: Any, status: dict[str, str], place: Sequence[float]) -> dict[str, str]:
    """Return what is to be said, given what napari would say, and the place in the layer's data."""
    note = result(layer)
    if note is None or note.made is None:
        return status
    fusion = note.made.fusion
    time = round(place[0]) if "T" in fusion.stack.axes else 0
    found = values_at(fusion, time, round(place[-2]), round(place[-1]))
    if found is None:
        return status
    words = in_words(fusion, found)
    if note.role.startswith(("image", "scores")) and status["value"]:
        words = f"{status['value']}; {words}"
    return {**status, "value": words, "coordinates": f"{status['coords']}: {words}"}


def values_at(fusion: Fusion, time: int, row: int, column: int) -> Found | None:
    """Return what was found at a pixel; nothing outside, or where it is still to be made."""
    rows, columns = fusion.stack.plane_shape
    if not (0 <= row < rows and 0 <= column < columns and 0 <= time < fusion.stack.n_times):
        return None
    found = pixel_of(fusion, time, row, column)
    if found is None:
        return None
    depth, confidence = found
    height = fusion.stack.heights(np.asarray(depth, np.float32))
    return Found(float(height), float(depth), float(confidence))


def in_words(fusion: Fusion, found: Found) -> str:
    """Say it: ``2.71 µm (plane 13.3), sure to 92 %``; planes are counted as the slider does."""
    sure = f"sure to {100 * found.confidence:.0f} %"
    plane = f"plane {float(fusion.stack.numbered(found.plane)):.1f}"
    recipe, step = fusion.recipe, fusion.stack.z_step
    if found.confidence < recipe.min_confidence and recipe.unsure != "leave":
        filled = "height filled in" if recipe.unsure == "fill" else "height not known"
        return f"{filled} (a guess: {plane}, {sure})"
    if not step:
        return f"{plane}, {sure}"
    digits = max(0, math.ceil(-math.log10(step)) + 1)
    return f"{found.height:.{digits}f} {sign_of(fusion.unit)} ({plane}), {sure}"
