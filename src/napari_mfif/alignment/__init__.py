"""Bringing planes to one another: where they lie, and how bright they are.

Finding out where they lie is `napari_mfif.alignment.registration`, imported when it is wanted.
"""

from __future__ import annotations

from napari_mfif.alignment.brightness import BrightnessDrift, brightness_factors
from napari_mfif.alignment.transforms import (
    Transforms,
    common_area,
    load_transforms,
    save_transforms,
    source_area,
    warp,
)

__all__ = [
    "BrightnessDrift",
    "Transforms",
    "brightness_factors",
    "common_area",
    "load_transforms",
    "save_transforms",
    "source_area",
    "warp",
]
