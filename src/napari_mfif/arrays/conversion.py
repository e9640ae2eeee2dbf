"""What can be taken for pixels: arrays of all libraries, and lists of planes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_mfif.errors import ReadError

__all__ = ["as_pixels"]


def as_pixels(array: Any) -> Any:
    """Return what has a type of numpy and can be indexed, as it is; a numpy array of anything else.

    Raises
    ------
    ReadError
        Its rows or planes are not of one length, or it lies on a device.
    """
    if hasattr(array, "__getitem__") and not isinstance(array, Sequence) and _is_typed(array):
        return array
    try:
        return np.asarray(array)
    except (TypeError, ValueError) as error:
        raise ReadError(
            f"This cannot be read as an array ({error}). Its planes must be of one shape, and in "
            "main memory."
        ) from error


def _is_typed(array: Any) -> bool:
    try:
        np.dtype(array.dtype)
    except (AttributeError, TypeError):  # none, or one of another library
        return False
    return True
