"""How planes are brought to one another, declared once."""

from __future__ import annotations

from napari_mfif.alignment.transforms import MODELS
from napari_mfif.parameters import Parameter

__all__ = ["ALIGN", "ALIGNMENT", "CROP"]

ALIGN = Parameter(
    "align",
    str,
    "none",
    "Bring planes to one another: translation undoes a stage that drifts, similarity also a "
    "magnification that changes with focus, and rotation.",
    title="Planes move by",
    choices=("none", *MODELS),
)
CROP = Parameter(
    "crop",
    bool,
    False,
    "Keep only what all planes cover. Otherwise the border stays, with a confidence of 0.",
    title="Crop to what all planes cover",
)
ALIGNMENT = (ALIGN, CROP)
