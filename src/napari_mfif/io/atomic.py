"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_mfif.errors import WriteError

__all__ = ["check_target", "replacing", "replacing_folder"]


@contextmanager
def replacing(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a name beside the target to write to, and rename it when all has gone well.

    Parameters
    ----------
    path : path
        The target.
    overwrite : bool
        An existing target is replaced, at the end; otherwise it is refused at once.

    Yields
    ------
    Path
        A name in the target's folder, with the target's ending. On any failure what was
        written there is removed, and an existing target stays as it was.

    Raises
    ------
    WriteError
        The target exists or is a folder, its folder is missing or may not be written, or the
        disk is full.
    """
    target = check_target(path, overwrite=overwrite)
    temporary = target.with_name(f".{os.urandom(4).hex()}.{target.name}")
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise _unwritten(target, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def replacing_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Do for a folder that is a Zarr what `replacing` does for a file."""
    target = check_target(path, overwrite=overwrite)
    beside = target.with_name(f".{os.urandom(4).hex()}.{target.name}")
    old = beside.with_name(f"{beside.name}.old")
    try:
        yield beside
        if target.exists():
            os.replace(target, old)
        os.replace(beside, target)
    except OSError as error:
        if old.exists() and not target.exists():
            os.replace(old, target)
        raise _unwritten(target, error) from error
    finally:
        for left in (beside, old):
            shutil.rmtree(left, ignore_errors=True)


def check_target(path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Refuse a target that cannot be written, before any work is done for it.

    Raises
    ------
    WriteError
        As in `replacing`.
    """
    target = Path(path)
    if target.is_dir() and not _is_zarr(target):
        raise WriteError(f"{target} is a folder. Give the name of a file.")
    if not overwrite and target.exists():
        raise WriteError(
            f"{target} exists. Choose another name, or allow to replace it by `overwrite=True`."
        )
    if not target.parent.is_dir():
        raise WriteError(f"There is no folder {target.parent} for {target.name}. Make it first.")
    if not os.access(target.parent, os.W_OK):
        raise WriteError(_forbidden(target))
    return target


def _is_zarr(folder: Path) -> bool:
    """Tell whether a folder is asked for as a Zarr, and is one that may be replaced."""
    known = (".zgroup", ".zarray", "zarr.json")
    return folder.suffix.lower() == ".zarr" and any((folder / name).exists() for name in known)


def _forbidden(target: Path) -> str:
    return (
        f"{target} may not be written: no permission in {target.parent.absolute()}. "
        "Choose another folder."
    )


def _unwritten(target: Path, error: OSError) -> WriteError:
    # numpy's tofile tells of a full disk without an error number
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or "requested and" in str(error)
    if full:
        return WriteError(
            f"The disk is full: {target} was not written. Make room in "
            f"{target.parent.absolute()}, or choose another folder."
        )
    if isinstance(error, PermissionError) and target.exists():
        return WriteError(
            f"{target} cannot be replaced: it is write-protected or open in another program."
        )
    if isinstance(error, PermissionError):
        return WriteError(_forbidden(target))
    return WriteError(f"{target} could not be written: {error.strerror or error}.")
