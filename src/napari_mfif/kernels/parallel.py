"""Two things at a time, on one pool of threads for the whole process."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["beside", "each", "in_turn", "usable_processors"]

Item = TypeVar("Item")
Found = TypeVar("Found")
Other = TypeVar("Other")


def usable_processors() -> int:
    """Return how many processors this process may use, which may be fewer than there are."""
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; it can be told otherwise there
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _pool() -> ThreadPoolExecutor:
    # What runs here waits for nothing else that runs here, so that it cannot get stuck.
    return ThreadPoolExecutor(usable_processors(), thread_name_prefix="napari-mfif-beside")


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
