"""A z-stack in a microscope's own file, whose planes are read frame by frame."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.cache import SizedCache
from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray
from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import Reordered
from napari_mfif.errors import ReadError
from napari_mfif.io.axes import name_axes
from napari_mfif.io.choosing import pick
from napari_mfif.io.pages import COPY_AGAIN
from napari_mfif.io.vendor import (
    Format,
    Scene,
    VendorFile,
    in_words,
    opened,
    scenes_in,
    several_planes,
)

__all__ = ["VendorPixels", "open_vendor"]

#: Bytes of planes that are kept, since parts of one are asked for one after the other.
ROOM = 256 << 20


def open_vendor(
    path: Path,
    kind: Format,
    *,
    axes: str | None = None,
    series: int | str | None = None,
    name: str | None = None,
) -> ZStack:
    """Open a z-stack in the file of a microscope; its planes are read when they are needed.

    Parameters
    ----------
    path : Path
        The file.
    kind : Format
        Its format.
    axes : str, optional
        A letter for each axis longer than 1, instead of what the file says.
    series : int or str, optional
        Number or name of the scene; otherwise the first with several planes.
    name : str, optional
        Name of the z-stack; otherwise the file's.

    Raises
    ------
    ReadError
        It is damaged, its library is missing, or it has one plane.
    AxesError
        Its axes leave a choice.
    """
    scenes = scenes_in(path, kind)
    if not scenes:
        raise ReadError(f"{path} holds no image.")
    number, notes = _choose(path, scenes, series)
    scene = scenes[number]
    if not {"Y", "X"} <= set(scene.axes.letters):
        raise ReadError(
            f"{path} holds lines instead of planes in its image {scene.name}: its axes are "
            f"{scene.axes}. A z-stack has rows and columns."
        )
    where = str(path) if len(scenes) < 2 else f"Series {number} of {path}"
    letters, said = name_axes(scene.axes, axes, where=where)
    pairs = enumerate(zip(scene.axes.letters, scene.axes.lengths, strict=True))
    kept = [axis for axis, (letter, length) in pairs if length > 1 or letter in "YX"]
    pixels = VendorPixels(path, kind, scene)
    return ZStack.from_array(
        pixels if len(kept) == pixels.ndim else Reordered(pixels, kept),
        letters,
        name=name or (path.stem if len(scenes) < 2 else f"{path.stem} {scene.name}".strip()),
        z_step=scene.sizes.z_step,
        pixel_size=scene.sizes.pixel_size,
        unit=scene.sizes.unit,
        channel_names=scene.channels,
        notes=(*notes, *said, *([scene.note] if scene.note else [])),
        source=str(path) if number == _choose(path, scenes, None)[0] else None,
    )


def _choose(path: Path, scenes: list[Scene], series: int | str | None) -> tuple[int, list[str]]:
    if series is not None:
        return pick([scene.name for scene in scenes], series, path), []
    number = next((i for i, scene in enumerate(scenes) if several_planes(scene)), 0)
    if len(scenes) == 1:
        return 0, []
    named = ", ".join(f"{i} {scene.name}".strip() for i, scene in enumerate(scenes[:6]))
    more = ", ..." if len(scenes) > 6 else ""
    note = (
        f"The file holds {len(scenes)} series ({named}{more}); this is number {number}. "
        "Take another by `series=`."
    )
    return number, [note]


class VendorPixels(LazyArray):
    """The pixels of a scene, read frame by frame; may be sent to other processes.

    Parameters
    ----------
    path : Path
        The file.
    kind : Format
        Its format.
    scene : Scene
        The image.
    """

    def __init__(self, path: Path, kind: Format, scene: Scene) -> None:
        self._path, self._kind, self._scene = path, kind, scene
        self.shape = scene.axes.lengths
        self.dtype = scene.dtype
        inner = 3 if scene.axes.letters.endswith("S") else 2
        self._outer = len(self.shape) - inner
        if scene.axes.letters[self._outer :][:2] == "YX":
            self.block_shape = (self.shape[self._outer], self.shape[self._outer + 1])
        self._set_up()

    def _set_up(self) -> None:
        self._lock = threading.Lock()
        self._file: VendorFile | None = None
        self._cache = SizedCache(ROOM)

    def __getstate__(self) -> dict[str, Any]:
        hidden = ("_lock", "_file", "_cache")
        return {name: value for name, value in self.__dict__.items() if name not in hidden}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._set_up()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self._file.close()  # type: ignore[union-attr]

    def _read(self, index: BasicIndex) -> Any:
        outer, inner = index[: self._outer], index[self._outer :]
        spans = [item if isinstance(item, range) else range(item, item + 1) for item in outer]
        within = tuple(np.asarray(item) if isinstance(item, range) else item for item in inner)
        shape = [len(item) for item in inner if isinstance(item, range)]
        block = np.empty([*map(len, spans), *shape], self.dtype)
        for place in np.ndindex(*(len(span) for span in spans)):
            chosen = tuple(span[i] for span, i in zip(spans, place, strict=True))
            block[place] = _part(self._frame(chosen), within)
        kept = [len(item) for item in outer if isinstance(item, range)]
        return block.reshape(*kept, *shape)

    def _frame(self, place: tuple[int, ...]) -> NDArray[Any]:
        frame: NDArray[Any] = self._cache.get(
            place, lambda: self._decoded(place), lambda made: made.nbytes
        )
        return frame

    def _decoded(self, place: tuple[int, ...]) -> NDArray[Any]:
        letters = self._scene.axes.letters
        with self._lock, in_words(self._path, self._kind):
            if self._file is None:
                self._file = opened(self._path, self._kind)
            frame = np.asarray(
                self._file.frame(self._scene, dict(zip(letters, place, strict=False)))
            )
        wanted = self.shape[self._outer :]
        if frame.shape != wanted:
            raise ReadError(
                f"{self._path} is damaged: a plane has the shape {frame.shape} instead of {wanted}."
                f" {COPY_AGAIN}"
            )
        return frame.astype(self.dtype, copy=False)


def _part(frame: NDArray[Any], within: tuple[Any, ...]) -> NDArray[Any]:
    for axis, item in reversed(list(enumerate(within))):
        if isinstance(item, int):
            frame = frame.take(item, axis)
        elif len(item) != frame.shape[axis] or (len(item) > 1 and item[1] < item[0]):
            frame = frame.take(item, axis)
    return frame
