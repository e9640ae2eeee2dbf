"""Whether two layers can be looked at as one: where they lie, and their contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_mfif.errors import MfifError
from napari_mfif.io.image import read_image
from napari_mfif.wording import in_window

__all__ = ["lay_on", "lies_on", "open_picture", "same_contrast", "take_contrast"]


def open_picture(path: str) -> NDArray[Any] | str:
    """Read a single image, without alpha; a sentence where it cannot be."""
    try:
        image = read_image(path)
    except (MfifError, OSError) as error:
        return in_window(str(error))
    return image[..., :3] if image.ndim == 3 and image.shape[-1] == 4 else image


def lies_on(picture: Any, over: Any) -> bool:
    """Tell whether a picture of the size of a result lies on it; of another size nobody knows."""
    if _shape(picture) != _shape(over):
        return True
    here, there = _place(picture), _place(over)
    return all(np.allclose(a, b) for a, b in zip(here, there, strict=True))


def lay_on(picture: Any, over: Any) -> None:
    """Give a picture the place of a result, where it is as large."""
    if _shape(picture) != _shape(over):
        return
    picture.units = over.units[-2:]
    picture.scale, picture.translate = _place(over)
    if over.ndim == 2:
        picture.affine = over.affine


def same_contrast(a: Sequence[Any], b: Sequence[Any]) -> bool:
    """Tell whether layers are drawn with the contrast of others; of colour and labels always."""
    return all(
        np.allclose(first.contrast_limits, second.contrast_limits, rtol=1e-3)
        for first, second in zip(a, b, strict=False)
        if _has_contrast(first) and _has_contrast(second)
    )


def take_contrast(a: Sequence[Any], b: Sequence[Any]) -> None:
    """Draw layers with the contrast of others."""
    for first, second in zip(a, b, strict=False):
        if _has_contrast(first) and _has_contrast(second):
            low, high = second.contrast_limits_range
            limits = first.contrast_limits
            second.contrast_limits_range = (min(low, limits[0]), max(high, limits[1]))
            second.contrast_limits = limits


def _has_contrast(layer: Any) -> bool:
    return isinstance(layer, Image) and not layer.rgb


def _shape(layer: Any) -> tuple[int, ...]:
    data = layer.data[0] if layer.multiscale else layer.data
    return tuple(data.shape[layer.ndim - 2 : layer.ndim])


def _place(layer: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    return np.asarray(layer.scale[-2:]), np.asarray(layer.translate[-2:])
