"""Images as PNG and JPEG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import WriteError

__all__ = ["jpeg", "png"]


def png(path: Path, pixels: NDArray[Any], axes: str) -> bytes:
    """Return the content of a PNG file."""
    import imagecodecs

    return bytes(imagecodecs.png_encode(_picture(path, pixels, axes, ("uint8", "uint16"))))


def jpeg(path: Path, pixels: NDArray[Any], axes: str) -> bytes:
    """Return the content of a JPEG file."""
    import imagecodecs

    return bytes(imagecodecs.jpeg8_encode(_picture(path, pixels, axes, ("uint8",)), level=95))


def _picture(path: Path, pixels: NDArray[Any], axes: str, types: tuple[str, ...]) -> NDArray[Any]:
    """Refuse pixels that a picture file cannot hold."""
    if axes not in ("YX", "YXS"):
        raise WriteError(
            f"{path.name} cannot hold several planes, channels or timepoints (axes {axes}). "
            "Use .ome.tif."
        )
    if pixels.dtype.name not in types:
        raise WriteError(
            f"{path.name} cannot hold {pixels.dtype} pixels, only {' and '.join(types)}. "
            f"Use {'.png or ' if pixels.dtype == np.uint16 else ''}.ome.tif."
        )
    return np.ascontiguousarray(pixels)
