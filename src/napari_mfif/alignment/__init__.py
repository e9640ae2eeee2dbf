"""Bringing planes to one another: where they lie, and how bright they are."""

from __future__ import annotations

from napari_mfif.alignment.brightness import BrightnessDrift, brightness_factors
from napari_mfif.alignment.registration import (
    detect_drift,
    estimate_transforms,
    iter_transforms,
)
from napari_mfif.alignment.transforms import MODELS, Transforms, common_area, source_rows, warp

__all__ = [
    "MODELS",
    "BrightnessDrift",
    "Transforms",
    "brightness_factors",
    "common_area",
    "detect_drift",
    "estimate_transforms",
    "iter_transforms",
    "source_rows",
    "warp",
]
