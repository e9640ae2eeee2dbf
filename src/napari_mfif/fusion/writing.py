"""One result of a fusion as a file, with sizes, units and the recipe inside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["write"]


def write(
    fusion: Fusion, path: str | Path, array: Any, axes: str, overwrite: bool, **kind: Any
) -> Path:
    """Write the image or a map of these axes; `kind` is for `napari_mfif.io.write_image`."""
    from napari_mfif.io import write_image

    stack = fusion.stack
    return write_image(
        path,
        array,
        axes=axes,
        pixel_size=stack.pixel_size,
        z_step=stack.z_step if "Z" in axes else None,
        unit=stack.unit,
        channel_names=stack.channel_names if "C" in axes else (),
        recipe=fusion.recipe.to_json(),
        overwrite=overwrite,
        **kind,
    )
