"""A cache bounded in bytes, in which every value is made once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

__all__ = ["SizedCache"]


class SizedCache:
    """Thread-safe LRU cache bounded in bytes; the last result stays even where it exceeds them.

    Parameters
    ----------
    limit : int
        Bytes that may be kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._total = 0

    def get(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """Return what is kept under a key; otherwise make it, once for all who ask meanwhile.

        Parameters
        ----------
        key : hashable
            What it is.
        make : callable
            Makes it.
        size : callable
            Tells how many bytes it takes.
        """
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key][0]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._results:
                    return self._results[key][0]
            try:
                result = make()
                self._keep(key, result, size(result))
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return result

    def peek(self, key: Hashable) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key not in self._results:
                return None
            self._results.move_to_end(key)
            return self._results[key][0]

    def _keep(self, key: Hashable, result: Any, size: int) -> None:
        with self._lock:
            self._results[key] = result, size
            self._total += size
            while self._total > self.limit and len(self._results) > 1:
                _, (_, gone) = self._results.popitem(last=False)
                self._total -= gone
