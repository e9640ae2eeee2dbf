"""Threads that make what the window waits for, the latest wish first, and have it drawn."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QCoreApplication, QObject, QTimer, Signal

from napari_mfif.errors import MfifError
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.plugin.napari_internals import layers_of_all_viewers
from napari_mfif.wording import in_window

if TYPE_CHECKING:
    from napari_mfif.plugin.layers.progressive import ProgressiveLevel

__all__ = ["Tile", "TileLoader", "tile_loader"]

log = logging.getLogger(__name__)

#: A place along the leading axes, and the number of a tile along rows and along columns.
Tile = tuple[tuple[int, ...], int, int]

#: Threads; what they do leaves the interpreter most of the time.
THREADS = max(1, min(3, usable_processors() - 1))
#: Milliseconds from the arrival of a tile until it is drawn, together with others.
TOGETHER = 90
#: Seconds after which a thread without work ends.
IDLE = 20.0


class TileLoader:
    """What is wanted, and the threads that make it.

    Of each layer only the last wish counts: for the overview, and for the level in view.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: dict[tuple[int, bool], tuple[ProgressiveLevel, deque[Tile]]] = {}
        self._making: set[tuple[int, Tile]] = set()
        self._failed: set[tuple[int, Tile]] = set()
        self._threads = 0
        self._notifier: _RedrawNotifier | None = None

    def want(self, level: ProgressiveLevel, tiles: list[Tile]) -> None:
        """Ask for tiles of a level, in this order, in the place of what was asked for before."""
        overview = not level.coarser
        key = (level.family, overview)
        self._start_notifier()
        with self._changed:
            self._requests.pop(key, None)
            new = deque(
                one
                for one in tiles
                if (level.number, one) not in self._making
                and (level.number, one) not in self._failed
            )
            if not new:
                return
            requests = {key: (level, new), **self._requests}
            # the overview stands in for all the rest
            self._requests = dict(sorted(requests.items(), key=lambda item: not item[0][1]))
            for _ in range(min(len(new), THREADS - self._threads)):
                self._threads += 1
                threading.Thread(target=self._work, name="napari-mfif-view", daemon=True).start()
            self._changed.notify_all()

    def wait(self, level: ProgressiveLevel, seconds: float) -> None:
        """Wait until what is wanted of a level is there, but not for long."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._is_busy(level) and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)

    def is_idle(self) -> bool:
        """Tell whether nothing is wanted and nothing is being made."""
        with self._changed:
            return not self._requests and not self._making

    def _is_busy(self, level: ProgressiveLevel) -> bool:
        waiting = self._requests.get((level.family, not level.coarser))
        made = any(number == level.number for number, _ in self._making)
        return made or (waiting is not None and waiting[0] is level)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._requests, IDLE)
                if not self._requests or _is_ending():
                    self._threads -= 1
                    return
                key, (level, tiles) = next(iter(self._requests.items()))
                tile = tiles.popleft()
                if not tiles:
                    del self._requests[key]
                mark = (level.number, tile)
                self._making.add(mark)
            failed = not self._made(level, tile)
            with self._changed:
                self._making.discard(mark)
                if failed:
                    self._failed.add(mark)
                self._changed.notify_all()
            if not failed:
                self._notify("arrived", level.family)
            del level

    def _made(self, level: ProgressiveLevel, tile: Tile) -> bool:
        try:
            level.make(tile)
        except MfifError as error:
            self._tell(in_window(str(error)))
        except Exception as error:
            if _is_ending():
                return False
            log.warning("A part of a layer could not be made.", exc_info=True)
            self._tell(f"A part of the image could not be shown: {error}")
        else:
            return True
        return False

    def _tell(self, sentence: str) -> None:
        self._notify("failed", sentence)

    def _notify(self, what: str, news: int | str) -> None:
        with contextlib.suppress(RuntimeError):  # the window has been closed
            if self._notifier is not None:
                getattr(self._notifier, what).emit(news)

    def keep(self, families: set[int]) -> None:
        """Forget what other layers wanted: they are gone."""
        with self._changed:
            self._requests = {key: one for key, one in self._requests.items() if key[0] in families}

    def _start_notifier(self) -> None:
        application = QCoreApplication.instance()
        if self._notifier is None and application is not None:
            self._notifier = _RedrawNotifier(self)
            self._notifier.moveToThread(application.thread())


class _RedrawNotifier(QObject):
    """Lives in the window's thread and has layers drawn again."""

    arrived = Signal(int)
    failed = Signal(str)

    def __init__(self, tile_loader: TileLoader) -> None:
        super().__init__()
        self._loader = tile_loader
        self._families: set[int] = set()
        self._told: set[str] = set()
        self.arrived.connect(self._note)
        self.failed.connect(self._say)

    def _note(self, family: int) -> None:
        if not self._families:
            QTimer.singleShot(TOGETHER, self._draw)
        self._families.add(family)

    def _draw(self) -> None:
        families, self._families = self._families, set()
        shown: dict[int, list[Any]] = {}
        for layer in layers_of_all_viewers():
            family = getattr(_finest(layer), "family", None)
            if family is not None:
                shown.setdefault(family, []).append(layer)
        self._loader.keep(set(shown))
        for layer in (layer for family in families for layer in shown.get(family, ())):
            layer.refresh(extent=False, highlight=False)

    def _say(self, sentence: str) -> None:
        from napari.utils.notifications import show_warning

        if sentence not in self._told:  # each tile would say the same
            self._told.add(sentence)
            show_warning(sentence)


def _finest(layer: Any) -> Any:
    return layer.data[0] if getattr(layer, "multiscale", False) else None


def _is_ending() -> bool:
    """Tell whether the program is about to end: its pools take no more work."""
    return not threading.main_thread().is_alive()


@lru_cache(maxsize=1)
def tile_loader() -> TileLoader:
    """Return the one desk of this process."""
    return TileLoader()
