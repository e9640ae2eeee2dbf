"""Nikon ND2, by nd2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nd2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.axes import FileAxes
from napari_mfif.io.sizes import NO_SIZES, Sizes, sizes_of
from napari_mfif.io.vendor import Scene

__all__ = ["open_file"]

#: Axes of a frame as the library reads it: channels and samples are in it.
FRAME = "CYXS"


def open_file(path: Path) -> _Nd2:
    """Open a file."""
    return _Nd2(path)


class _Nd2:
    def __init__(self, path: Path) -> None:
        self._file = nd2.ND2File(path)
        try:
            self._numbers = {
                tuple(sorted(place.items())): number
                for number, place in enumerate(self._file.loop_indices)
            }
        except Exception:
            self._file.close()
            raise

    def scenes(self) -> list[Scene]:
        """Return its positions."""
        sizes = dict(self._file.sizes)
        letters = [axis for axis in sizes if axis not in ("P", *FRAME)]
        letters += [axis for axis in FRAME if axis in sizes]
        axes = FileAxes("".join(letters), tuple(int(sizes[axis]) for axis in letters))
        facts = np.dtype(self._file.dtype), _sizes(self._file), _channels(self._file)
        if "P" not in sizes:
            return [Scene("0", axes, *facts)]
        return [Scene(f"P{place}", axes, *facts, key=place) for place in range(sizes["P"])]

    def frame(self, scene: Scene, place: Mapping[str, int]) -> NDArray[Any]:
        """Read one frame, of one channel."""
        loops = {axis: n for axis, n in place.items() if axis not in FRAME}
        if scene.key is not None:
            loops["P"] = scene.key
        frame = np.asarray(self._file.read_frame(self._numbers[tuple(sorted(loops.items()))]))
        inner = scene.axes.lengths[-3:] if "S" in scene.axes.letters else scene.axes.lengths[-2:]
        return np.asarray(frame.reshape(-1, *inner)[place.get("C", 0)])

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _sizes(file: Any) -> Sizes:
    try:
        voxel = file.voxel_size()
        return sizes_of((voxel.z, "um"), (voxel.y, "um"), (voxel.x, "um"))
    except Exception:  # sizes are a help, not a need
        return NO_SIZES


def _channels(file: Any) -> tuple[str, ...]:
    try:
        return tuple(str(one.channel.name) for one in file.metadata.channels)
    except Exception:
        return ()
