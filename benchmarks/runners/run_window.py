"""Fuse in a real napari window and tell how long the main thread stood still: ``OUT.json``.

A timer of the main thread beats every few milliseconds; a missed beat is a stall. Meanwhile a
second thread looks, every other millisecond, at what the main thread is doing: a moment is ours
when the innermost frame of napari or of us is ours, and napari's when it is napari's (drawing,
adding a layer). Afterwards copies of the same layers are added by napari alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_mfif.optics import simulate

SIDE, PLANES, BEAT, LOOK = 1024, 32, 0.005, 0.002


class Watch:
    """Records beats of the main thread and who was at work between them."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self.looks: list[tuple[float, str]] = []
        self._main = threading.main_thread().ident
        self._timer = QTimer()
        self._timer.setInterval(int(1000 * BEAT))
        self._timer.timeout.connect(lambda: self.beats.append(time.perf_counter()))
        self._running = False
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._running = True
        self.beats.append(time.perf_counter())
        self._timer.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and close the last interval."""
        self._running = False
        self._thread.join()
        self._timer.stop()
        self.beats.append(time.perf_counter())

    def _look(self) -> None:
        while self._running:
            frame = sys._current_frames().get(self._main)
            self.looks.append((time.perf_counter(), _owner(frame)))
            time.sleep(LOOK)

    def stalls(self) -> list[tuple[float, float]]:
        """Return each interval between beats in seconds, and how much of it was ours."""
        edges = np.asarray(self.beats)
        when = np.asarray([moment for moment, _ in self.looks])
        ours = np.asarray([owner == "napari_mfif" for _, owner in self.looks])
        first = np.searchsorted(when, edges[:-1])
        last = np.searchsorted(when, edges[1:])
        return [
            (gap, gap * float(ours[a:b].mean()) if b > a else 0.0)
            for gap, a, b in zip(np.diff(edges), first, last, strict=True)
        ]


def _owner(frame: object) -> str:
    while frame is not None:
        package = frame.f_globals.get("__name__", "").split(".")[0]  # type: ignore[attr-defined]
        if package in ("napari", "napari_mfif"):
            return str(package)
        frame = frame.f_back  # type: ignore[attr-defined]
    return ""


def wait(until: Callable[[], bool], seconds: float) -> None:
    """Let the event loop run until something is so."""
    end = time.perf_counter() + seconds
    while not until() and time.perf_counter() < end:
        QApplication.instance().processEvents()
        time.sleep(0.0005)


def pause(seconds: float) -> None:
    """Let the event loop run for a while."""
    wait(lambda: False, seconds)


def make_stack(path: Path) -> None:
    """Write planes there and back again, so that half of them have to be simulated."""
    simulation = simulate("relief", seed=100, shape=(SIDE, SIDE), planes=PLANES // 4)
    pixels = np.asarray(simulation.stack.pixels)
    there_and_back = np.concatenate([pixels, pixels[::-1]])
    tifffile.imwrite(path, np.concatenate([there_and_back] * 2), photometric="minisblack")


def watch_fusion(panel: object) -> Watch:
    """Press the button and watch until the layers are there."""
    watch = Watch()
    watch.start()
    panel.start()  # type: ignore[attr-defined]
    wait(lambda: not panel.is_running(), 180)  # type: ignore[attr-defined]
    pause(1.0)
    watch.stop()
    return watch


def watch_napari(viewer: object) -> Watch:
    """Add copies of the result layers one by one, as plain napari does."""
    results = list(viewer.layers)[1:]  # type: ignore[attr-defined]
    copies = [_copy(layer) for layer in results]
    for layer in results:
        viewer.layers.remove(layer)  # type: ignore[attr-defined]
    pause(1.0)
    watch = Watch()
    watch.start()
    for layer in copies:
        viewer.add_layer(layer)  # type: ignore[attr-defined]
        pause(0.3)
    watch.stop()
    return watch


def _copy(layer: object) -> object:
    data, state, kind = layer.as_layer_data_tuple()  # type: ignore[attr-defined]
    from napari.layers import Layer

    return Layer.create(data, state, kind)


def main() -> int:
    import napari

    from napari_mfif.plugin.fuse import FusePanel

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stack.tif"
        make_stack(path)
        viewer = napari.Viewer()
        viewer.window.resize(1280, 800)
        viewer.open(path, plugin="napari-mfif")
        panel = FusePanel(viewer)
        viewer.window.add_dock_widget(panel, name="Fuse")
        pause(3.0)
        torch_came = "torch" in sys.modules
        began = time.perf_counter()
        ours = watch_fusion(panel)
        seconds = time.perf_counter() - began - 1.0
        layers = len(viewer.layers) - 1
        napari_alone = watch_napari(viewer)
        viewer.close()
    found = {
        "layers made": layers,
        "seconds until the layers are there": round(seconds, 2),
        "longest time our code held the main thread, ms": _ms(max(o for _, o in ours.stalls())),
        "longest stall of the main thread, ms": _ms(max(gap for gap, _ in ours.stalls())),
        "longest stall when napari alone adds the layers, ms": _ms(
            max(gap for gap, _ in napari_alone.stalls())
        ),
        "opening the panel imports torch": "yes" if torch_came else "no",
    }
    Path(sys.argv[1]).write_text(json.dumps(found))
    return 0


def _ms(seconds: float) -> int:
    return round(1000 * seconds)


if __name__ == "__main__":
    sys.exit(main())
