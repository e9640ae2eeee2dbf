"""Bringing planes to one another: where they lie, and how bright they are."""

from __future__ import annotations

from napari_mfif.alignment.brightness import BrightnessDrift, brightness_factors
from napari_mfif.alignment.options import ALIGN, ALIGNMENT, CROP
from napari_mfif.alignment.registration import (
    detect_drift,
    estimate_transforms,
    iter_transforms,
)
from napari_mfif.alignment.transforms import (
    MODELS,
    Transforms,
    common_area,
    load_transforms,
    save_transforms,
    source_area,
    warp,
)

__all__ = [
    "ALIGN",
    "ALIGNMENT",
    "CROP",
    "MODELS",
    "BrightnessDrift",
    "Transforms",
    "brightness_factors",
    "common_area",
    "detect_drift",
    "estimate_transforms",
    "iter_transforms",
    "load_transforms",
    "save_transforms",
    "source_area",
    "warp",
]
