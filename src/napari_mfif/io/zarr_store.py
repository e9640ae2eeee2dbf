"""Opening Zarr wherever it lies: in a folder, a ZIP archive, or at an address of the internet."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.arrays.lazy_array import BasicIndex, LazyArray, as_slices
from napari_mfif.errors import ReadError

__all__ = [
    "METADATA",
    "ZarrPixels",
    "finish_writes",
    "is_address",
    "is_zarr",
    "is_zipped_zarr",
    "open_node",
    "told_by",
    "without_endings",
]

#: Files of which a Zarr array or group has one.
MARKS = ("zarr.json", ".zarray", ".zgroup")
#: And those that say something about it.
METADATA = (*MARKS, ".zattrs", ".zmetadata")

#: Packages that fsspec needs for each kind of address.
NEEDS = {"http": "aiohttp", "https": "aiohttp", "s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}


def is_address(source: object) -> bool:
    """Tell whether a source is an address such as ``https://...`` or ``s3://...``."""
    return isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def is_zarr(folder: Path) -> bool:
    """Tell whether a folder is a Zarr array or group."""
    return any((folder / name).is_file() for name in METADATA)


def is_zipped_zarr(path: Path) -> bool:
    """Tell whether a file is a ZIP archive with a Zarr in it."""
    try:
        return _inside(path) is not None
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _inside(path: Path) -> str | None:
    """Return the folder of an archive in which its Zarr lies, the topmost; None without any."""
    with zipfile.ZipFile(path) as archive:
        folders = [
            name.rpartition("/")[0] for name in archive.namelist() if name.split("/")[-1] in MARKS
        ]
    return min(folders, key=lambda one: (one.count("/") + bool(one), one), default=None)


def open_node(source: Path | str) -> Any:
    """Open a Zarr array or group for reading.

    Parameters
    ----------
    source : Path or str
        A folder, a ZIP archive, or an address.

    Raises
    ------
    ReadError
        It cannot be reached or opened; the message says what is missing.
    """
    import zarr

    try:
        if isinstance(source, Path) and source.is_file():
            inside = _inside(source)
            store = zarr.storage.ZipStore(str(source), mode="r")
            return zarr.open(store, mode="r", path=inside or None)
        if is_address(source):
            return _open_address(str(source))
        return zarr.open(str(source), mode="r")
    except Exception as error:
        if is_address(source):
            raise _unreachable(str(source), error) from error
        reason = "it lacks its metadata" if isinstance(error, FileNotFoundError) else error
        raise ReadError(
            f"{source} is damaged: this Zarr cannot be opened ({reason}). Copy it again."
        ) from error


def _open_address(address: str) -> Any:
    import zarr

    try:
        return zarr.open(address, mode="r")
    except Exception as error:
        # public buckets are read without an account
        if not address.startswith("s3:") or "credential" not in f"{type(error)} {error}".lower():
            raise
        return zarr.open(address, mode="r", storage_options={"anon": True})


def told_by(address: str) -> str:
    """Return what a Zarr at an address says of itself, as text; nothing where it cannot be read."""
    try:
        node = _open_address(address)
        arrays = [node] if hasattr(node, "shape") else [one for _, one in node.arrays()]
        known = [dict(node.attrs), *(one.metadata.to_dict() for one in arrays)]
        return json.dumps([address, known], default=str, sort_keys=True)
    except Exception:  # it fails when it is opened
        return address


def without_endings(name: str) -> str:
    """Return the name of a Zarr without what stands for its kind."""
    for ending in (".zip", ".ozx", ".zarr", ".ome"):
        name = name.removesuffix(ending)
    return name


def _unreachable(address: str, error: Exception) -> ReadError:
    scheme = address.partition("://")[0].lower()
    if isinstance(error, ImportError):
        package = NEEDS.get(scheme, f"a package for {scheme}")
        return ReadError(f"{address} needs {package}: python -m pip install 'napari-mfif[remote]'.")
    if isinstance(error, FileNotFoundError):
        return ReadError(
            f"There is no Zarr at {address}. Check the address; other files have to be downloaded "
            "first."
        )
    return ReadError(f"{address} cannot be read as Zarr: {error}. Check the address.")


def finish_writes() -> None:
    """Wait until Zarr writes nothing more.

    It writes the chunks of a block side by side, and tells of the first that fails while others are
    still under way: removed at once, they would come again.
    """
    import asyncio

    from zarr.core.sync import sync

    async def finish() -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        if under_way:
            await asyncio.wait(under_way, timeout=60)

    sync(finish())


class ZarrPixels(LazyArray):
    """A Zarr array whose chunks, where they are damaged, are named.

    Parameters
    ----------
    array : zarr.Array
        The array.
    where : str
        What to call it in messages.
    """

    def __init__(self, array: Any, where: str) -> None:
        self._array, self._where = array, where
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = np.dtype(array.dtype)
        self.chunks = tuple(array.chunks)

    def _read(self, index: BasicIndex) -> Any:
        part = as_slices(index)
        try:
            return np.asarray(self._array[part])
        except Exception as error:
            raise ReadError(
                f"{self._where} is damaged or out of reach: the part {_in_words(part)} cannot "
                f"be read ({type(error).__name__}: {error}). Copy it again."
            ) from error


def _in_words(index: tuple[int | slice, ...]) -> str:
    """Write an index as it stands in square brackets."""
    words = [f"{one.start}:{one.stop}" if isinstance(one, slice) else str(one) for one in index]
    return f"[{', '.join(words)}]"
