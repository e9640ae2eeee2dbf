"""Two things at a time, on one pool of threads for the whole process."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["beside", "each", "in_turn"]

Item = TypeVar("Item")
Found = TypeVar("Found")
Other = TypeVar("Other")


@functools.cache
def _pool() -> ThreadPoolExecutor:
    # What runs here waits for nothing else that runs here, so that it cannot get stuck.
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="napari-mfif-beside")


def beside(here: Callable[[], Found], there: Callable[[], Other]) -> tuple[Found, Other]:
    """Call one function on this thread and another one on a second; return what they give.

    Both have come to their end when this returns or raises.
    """
    other = _pool().submit(there)
    try:
        found = here()
    finally:
        wait([other])
    return found, other.result()


def each(work: Callable[[Item], Found], items: Iterable[Item]) -> list[Found]:
    """Call a function for each item, as many at a time as there are processors."""
    return list(_pool().map(work, items))


def in_turn(work: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[Found]:
    """Call a function for each item likewise; yield what it gives in order, and keep none of it."""
    return _pool().map(work, items)
