"""Zeiss CZI, by czifile."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import czifile
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.axes import FileAxes
from napari_mfif.io.sizes import NO_SIZES, Sizes, sizes_of
from napari_mfif.io.vendor import Scene

__all__ = ["open_file"]

#: Axes that frames are found by; all others tell images of their own apart.
OUTER = "TCZ"

#: Compressions that released versions of czifile do not know: Zstandard, and the same with a header
#: that may say that low and high bytes lie apart.
ZSTD, ZSTD_HEADER = 5, 6

#: Numbers of rows or columns from which a mosaic is not put together as one plane.
LARGEST = 1 << 17


def open_file(path: Path) -> _Czi:
    """Open a file."""
    return _Czi(path)


class _Czi:
    def __init__(self, path: Path) -> None:
        self._file = czifile.CziFile(str(path))
        self._groups: dict[tuple[Any, ...], list[Any]] = {}
        try:
            for entry in self._file.subblock_directory:
                if tuple(entry.shape) == tuple(entry.stored_shape):  # coarser copies are smaller
                    self._groups.setdefault(_key(entry), []).append(entry)
        except Exception:
            self._file.close()
            raise

    def scenes(self) -> list[Scene]:
        """Return its scenes, phases and the like apart."""
        facts = _metadata(self._file)
        sizes, names = _sizes(facts), _channels(facts)
        return [_scene(key, entries, sizes, names) for key, entries in sorted(self._groups.items())]

    def frame(self, scene: Scene, place: Mapping[str, int]) -> NDArray[Any]:
        """Put one plane together out of its tiles."""
        lengths = dict(zip(scene.axes.letters, scene.axes.lengths, strict=True))
        firsts, top, left = scene.key[1]
        shape = lengths["Y"], lengths["X"], *([lengths["S"]] if "S" in lengths else [])
        frame = np.zeros(shape, scene.dtype)
        for entry in self._groups[scene.key[0]]:
            starts = _starts(entry)
            if all(starts.get(axis, 0) - firsts[axis] == place.get(axis, 0) for axis in OUTER):
                tile = _decoded(entry, self._file)
                row, column = starts["Y"] - top, starts["X"] - left
                frame[row : row + tile.shape[0], column : column + tile.shape[1]] = tile
        return frame

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _starts(entry: Any) -> dict[str, int]:
    if not hasattr(entry, "dims"):  # czifile of 2019
        return {one.dimension: int(one.start) for one in entry.dimension_entries}
    starts = dict(zip(map(str, entry.dims[:-1]), map(int, entry.start), strict=False))
    numbers = {"S": int(entry.scene_index), "M": int(entry.mosaic_index)}
    return starts | {letter: n for letter, n in numbers.items() if n >= 0}


def _key(entry: Any) -> tuple[tuple[str, int], ...]:
    """Return what tells the image of an entry: scene, phase, view, and the like."""
    starts = _starts(entry)
    return tuple(sorted((axis, n) for axis, n in starts.items() if axis not in (*OUTER, *"MYX")))


def _size(entry: Any, axis: str) -> int:
    if hasattr(entry, "dims"):
        return int(entry.shape[list(map(str, entry.dims)).index(axis)])
    return next(int(one.size) for one in entry.dimension_entries if one.dimension == axis)


def _scene(key: tuple[Any, ...], entries: list[Any], sizes: Sizes, names: tuple[str, ...]) -> Scene:
    starts = [_starts(entry) for entry in entries]
    span = {
        axis: (min(one.get(axis, 0) for one in starts), max(one.get(axis, 0) for one in starts))
        for axis in OUTER
    }
    top, left = (min(one[axis] for one in starts) for axis in "YX")
    bottom, right = (
        max(one[axis] + _size(entry, axis) for one, entry in zip(starts, entries, strict=True))
        for axis in "YX"
    )
    if max(bottom - top, right - left) > LARGEST:
        raise ValueError(f"a plane of {right - left} x {bottom - top} pixels")
    samples = int(entries[0].shape[-1])
    letters = OUTER + "YX" + ("S" if samples > 1 else "")
    lengths = [last - first + 1 for first, last in span.values()]
    lengths += [bottom - top, right - left, *([samples] if samples > 1 else [])]
    firsts = {axis: first for axis, (first, _) in span.items()}
    label = " ".join(f"{axis}{n}" for axis, n in key if axis != "B") or "0"
    tiles = len({one.get("M", 0) for one in starts})
    note = f"Its {tiles} tiles are put together as the stage lay, not blended." if tiles > 1 else ""
    key = (key, (firsts, top, left))
    dtype = np.dtype(entries[0].dtype)
    return Scene(label, FileAxes(letters, tuple(lengths)), dtype, sizes, names, key, note)


def _decoded(entry: Any, file: Any) -> NDArray[Any]:
    shape = tuple(int(n) for n in entry.stored_shape[-3:])
    if hasattr(entry, "read_segment_data"):  # it decodes all, and puts red first
        newer: NDArray[Any] = np.asarray(entry.read_segment_data(file).data()).reshape(shape)
        return newer if shape[-1] > 1 else newer[..., 0]
    if entry.compression in (ZSTD, ZSTD_HEADER):
        pixels = np.frombuffer(_unpacked(entry), np.dtype(entry.dtype)).reshape(shape)
    else:
        pixels = np.asarray(entry.data_segment().data()).reshape(shape)
    if shape[-1] > 1:
        return pixels[..., ::-1]  # blue comes first
    return pixels[..., 0]


def _unpacked(entry: Any) -> bytes:
    data = bytes(entry.data_segment().data(raw=True))
    apart = False
    if entry.compression == ZSTD_HEADER:
        length = data[0]
        apart = length >= 3 and data[1] == 1 and bool(data[2] & 1)
        data = data[length:]
    plain = bytes(imagecodecs.zstd_decode(data))
    if apart:
        low_and_high = np.frombuffer(plain, np.uint8).reshape(2, -1)
        plain = np.ascontiguousarray(low_and_high.T).tobytes()
    return plain


def _metadata(file: Any) -> Any:
    try:
        newer = "asdict" in inspect.signature(file.metadata).parameters
        found = file.metadata(asdict=True) if newer else file.metadata(raw=False)
        return found["ImageDocument"]["Metadata"]
    except Exception:  # names and sizes are a help, not a need
        return {}


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found] if found else []


def _sizes(facts: Any) -> Sizes:
    """Return the sizes, which are in metres."""
    try:
        items = _listed(facts["Scaling"]["Items"]["Distance"])
        steps = {one["Id"]: float(one["Value"]) * 1e6 for one in items}
    except (KeyError, TypeError, ValueError):
        return NO_SIZES
    return sizes_of(*((steps.get(axis), "um") for axis in "ZYX"))


def _channels(facts: Any) -> tuple[str, ...]:
    try:
        dimensions = facts["Information"]["Image"]["Dimensions"]["Channels"]["Channel"]
    except (KeyError, TypeError):
        return ()
    names = [str(one.get("Name") or one.get("Fluor") or "") for one in _listed(dimensions)]
    return tuple(names) if any(names) else ()
