"""Z-stacks that were found, not opened yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from napari_mfif.arrays.stack import ZStack
from napari_mfif.io.grouping import Arranged
from napari_mfif.io.read import open_arranged, open_stack
from napari_mfif.io.zarr_store import told_by

__all__ = ["Found", "Search"]


@dataclass(frozen=True)
class Found:
    """A z-stack that was found, not opened yet.

    Parameters
    ----------
    name : str
        Its place below the folder that was searched, with ``/`` and without an ending.
    paths : tuple of Path or str
        The file or folder; or all of its files; or an address.
    series : int, optional
        Which image of the file.
    arranged : Arranged, optional
        Which file is which plane, channel and timepoint.
    """

    name: str
    paths: tuple[Path | str, ...]
    series: int | None = None
    arranged: Arranged | None = None

    def open(self, axes: str | None = None) -> ZStack:
        """Open it.

        Raises
        ------
        ReadError
            It is damaged, no z-stack, or the names of its files leave a question.
        """
        name = self.name.rpartition("/")[2]
        if self.arranged is not None:
            return open_arranged(self.arranged, axes=axes, series=self.series, name=name)
        return open_stack(self.paths[0], axes=axes, series=self.series, name=name)

    def fingerprint(self) -> str:
        """Return what changes when a file of it does: names, sizes and times of change.

        Of what lies at an address, what is said of it there.
        """
        known = sha256(str(self.series).encode())
        for path in self.paths:
            if isinstance(path, str):
                known.update(told_by(path).encode())
                continue
            inner = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in inner:
                facts = file.stat()
                if not file.is_dir():
                    known.update(f"{file.name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        return known.hexdigest()


@dataclass
class Search:
    """What a search found.

    Parameters
    ----------
    found : list of Found
        The z-stacks, in natural order; all names differ.
    left : list of (Path, str)
        Images, links and files of microscopes that belong to none of them, and why.
    others : Counter
        How many other files there are, by their endings.
    """

    found: list[Found] = field(default_factory=list)
    left: list[tuple[Path, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
