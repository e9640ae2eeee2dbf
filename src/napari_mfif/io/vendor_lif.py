"""Leica LIF, by liffile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import liffile
import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.axes import FileAxes
from napari_mfif.io.sizes import sizes_of
from napari_mfif.io.vendor import Scene, named

__all__ = ["open_file"]


def open_file(path: Path) -> _Lif:
    """Open a file."""
    return _Lif(path)


class _Lif:
    def __init__(self, path: Path) -> None:
        self._file = liffile.LifFile(path)
        self._images = list(self._file.images)

    def scenes(self) -> list[Scene]:
        """Return its images."""
        return named([_scene(number, image) for number, image in enumerate(self._images)])

    def frame(self, scene: Scene, place: Mapping[str, int]) -> NDArray[Any]:
        """Read one frame."""
        image = self._images[scene.key]
        return np.asarray(image.frame(**{axis: place[axis] for axis in place}))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _scene(number: int, image: Any) -> Scene:
    # M are the tiles of a mosaic, which are images of their own: Q asks what they are
    letters = "".join("Q" if axis == "M" else axis for axis in image.dims)
    steps = (_step(image.coords.get(axis)) for axis in "ZYX")
    axes = FileAxes(letters, tuple(map(int, image.shape)))
    labels = image.coords.get("C")
    names = () if labels is None or labels.dtype.kind != "U" else tuple(map(str, labels))
    sizes = sizes_of(*((step, "um") for step in steps))
    return Scene(str(image.path), axes, np.dtype(image.dtype), sizes, names, number)


def _step(places: Any) -> float | None:
    """Return the distance of neighbours in micrometres, of places in metres."""
    if places is None or len(places) < 2 or places.dtype.kind != "f":
        return None
    return abs(float(places[-1] - places[0])) / (len(places) - 1) * 1e6
