"""Whatever bioio reads with the readers that are installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bioio
import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.axes import FileAxes
from napari_mfif.io.sizes import sizes_of
from napari_mfif.io.vendor import Scene, named

__all__ = ["open_file"]


def open_file(path: Path) -> _Bioio:
    """Open a file."""
    return _Bioio(path)


class _Bioio:
    def __init__(self, path: Path) -> None:
        self._image = bioio.BioImage(str(path))

    def scenes(self) -> list[Scene]:
        """Return its scenes."""
        return named([self._scene(str(key)) for key in self._image.scenes])

    def _scene(self, key: str) -> Scene:
        image = self._image
        image.set_scene(key)
        axes = FileAxes(image.dims.order, tuple(int(n) for n in image.shape))
        size = image.physical_pixel_sizes
        sizes = sizes_of(*((value, "um") for value in (size.Z, size.Y, size.X)))
        names = tuple(map(str, image.channel_names or ()))
        return Scene(key, axes, np.dtype(image.dtype), sizes, names, key)

    def frame(self, scene: Scene, place: Mapping[str, int]) -> NDArray[Any]:
        """Read one frame."""
        if self._image.current_scene != scene.key:
            self._image.set_scene(scene.key)
        inner = "".join(axis for axis in scene.axes.letters if axis not in place)
        return np.asarray(self._image.get_image_dask_data(inner, **place))

    def close(self) -> None:
        """Close nothing: bioio holds no open file."""
