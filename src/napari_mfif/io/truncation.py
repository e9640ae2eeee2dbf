"""Whether the pages of a file are all in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_mfif.errors import ReadError
from napari_mfif.io.compressed_pages import CodedPage
from napari_mfif.io.pages import COPY_AGAIN, FlatPage, FlatPages, Page

__all__ = ["check_complete"]


def check_complete(pages: Sequence[Page], path: Path) -> None:
    """Refuse pages that end after their file does."""
    lengths: dict[Path, int] = {}
    last = range(len(pages) - 1, len(pages)) if isinstance(pages, FlatPages) else None
    for place in last or range(len(pages)):
        own, end = _end(pages[place])
        size = lengths.get(own) or lengths.setdefault(own, own.stat().st_size)
        if end > size:
            place = _first_short(pages, size) if last else place
            raise ReadError(
                f"{own} is truncated: page {place + 1} of {len(pages)} ends at byte "
                f"{_end(pages[place])[1]}, the file at byte {size}. {COPY_AGAIN}"
            )


def _first_short(pages: Sequence[Page], size: int) -> int:
    return next(place for place in range(len(pages)) if _end(pages[place])[1] > size)


def _end(page: Page) -> tuple[Path, int]:
    if isinstance(page, FlatPage):
        return page.path, page.offset + page.nbytes
    assert isinstance(page, CodedPage)
    if len(page.offsets) != len(page.counts):
        raise ReadError(
            f"{page.path} is damaged: page {page.index + 1} has {len(page.offsets)} strips, "
            f"of which {len(page.counts)} have a size. {COPY_AGAIN}"
        )
    ends = (a + n for a, n in zip(page.offsets, page.counts, strict=True) if n)
    return page.path, max(ends, default=0)
