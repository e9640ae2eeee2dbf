"""What a user should know although nothing is wrong: a device that was left, a drift that was seen.

Notices go through Python's logging, so that they reach standard error where nobody listens, come
from any thread, and can be switched off by the name `LOGGER`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["LOGGER", "listening", "notice"]

LOGGER = "napari_mfif.notices"


def notice(sentence: str) -> None:
    """Tell the user something in a sentence or two."""
    logging.getLogger(LOGGER).warning(sentence)


@contextmanager
def listening(tell: Callable[[str], object]) -> Iterator[None]:
    """Hand every notice of the meantime to `tell`, in the thread it comes from."""
    handler = _Handler(tell)
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a notice on."""
        self._tell(record.getMessage())
