"""How soon a stack too large to be fused at once is there, in a real window.

Planes of 20000 x 20000 pixels (uint8) are opened, zoomed into, and fused where one looks. Measured
are, in seconds of wall time:

seen       until something of it is in the window;
complete   until all of what is in view has been drawn;
still      the longest that the window stood still meanwhile, drawing included.

KIND is one of those of `benchmarks/huge.py`. Run
``python benchmarks/large_window.py [KIND ...] [--side 20000] [--method gradient] [--planes 4]``;
where there is no display, after ``xvfb-run -a -s "-screen 0 1400x1000x24"``. Needs 3 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import napari
import numpy as np
from qtpy.QtWidgets import QApplication

from huge import KINDS, Planes, write_stack
from napari_mfif import open_stack
from napari_mfif.plugin.layers.tile_loader import tile_loader
from napari_mfif.plugin.reader import layers_of


class Watch:
    """Lets the window live, and notes for how long it stood still."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self.viewer = viewer
        self.began = self.still = self.drawn = 0.0
        viewer.layers.events.inserted.connect(self._follow)

    def _follow(self, event: Any) -> None:
        self._note(event)
        event.value.events.set_data.connect(self._note)

    def _note(self, event: Any) -> None:
        self.drawn = time.perf_counter()

    def start(self) -> None:
        """Begin to count."""
        self.began = self.drawn = time.perf_counter()
        self.still = 0.0

    def turn(self) -> None:
        """Let the window do what waits, once."""
        before = time.perf_counter()
        QApplication.processEvents()
        self.still = max(self.still, time.perf_counter() - before)
        time.sleep(0.002)

    def until(self, condition: Callable[[], bool], limit: float = 300) -> float:
        """Let the window live until something is so; return the seconds since `start`."""
        while not condition() and time.perf_counter() - self.began < limit:
            self.turn()
        return time.perf_counter() - self.began

    def complete(self) -> float:
        """Let the window live until all is drawn; return the seconds since `start`."""
        while not tile_loader().is_idle() or time.perf_counter() - self.drawn < 0.5:
            self.turn()
            if time.perf_counter() - self.began > 300:
                break
        return self.drawn - self.began

    def do(self, name: str, act: Callable[[], object], seen: Callable[[], bool]) -> None:
        """Do something in the window's own thread and print how soon it was seen."""
        self.start()
        act()
        self.still = time.perf_counter() - self.began
        first = self.until(seen)
        whole = self.complete()
        print(f"{name:24s}{first:7.2f}{max(first, whole):10.2f}{self.still:8.2f}", flush=True)


def measure(kind: str, side: int, planes: int, method: str) -> None:
    """Measure one kind of file and print."""
    folder = Path(tempfile.mkdtemp())
    path = write_stack(folder, kind, Planes(planes, side))
    viewer = napari.Viewer(show=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.window.resize(1280, 800)
    watch = Watch(viewer)
    print(f"\n{kind}: {planes} planes of {side} x {side}, {method}")
    print(f"{'':24s}{'seen':>7s}{'complete':>10s}{'still':>8s}")

    def bright(ending: str = "") -> bool:
        there = [layer for layer in viewer.layers if layer.name.endswith(ending)]
        return bool(there) and there[-1].thumbnail[..., :3].max() > 0

    def small() -> None:
        viewer.add_image(planes_of_noise, name="small")

    planes_of_noise = np.random.default_rng(0).random((2, 64, 64))
    watch.do("napari's first layer", small, bright)
    viewer.layers.clear()

    def opened() -> None:
        (data, options, _), *_ = layers_of(open_stack(path))
        viewer.add_image(data, **options)

    watch.do("opened", opened, bright)
    shown = viewer.layers[0]

    def plane(z: int) -> Callable[[], None]:
        return lambda: viewer.dims.set_current_step(0, z)

    watch.do("another plane", plane(planes - 1), lambda: True)
    look(watch, side)
    viewer.reset_view()
    box = panel.method_box.method
    box.setCurrentIndex(box.findData(method))
    watch.start()
    panel.start()
    first = watch.until(lambda: bright("in focus"))
    watch.until(lambda: not panel.is_running())
    print(f"{'fused, overview':24s}{first:7.2f}{watch.complete():10.2f}{watch.still:8.2f}")
    print(panel.run_box.problem.text() or panel.result_box.sentence.text())
    shown.visible = False
    look(watch, side)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory so far {peak / 1e6:.2f} GB")
    viewer.close()
    shutil.rmtree(folder)


def look(watch: Watch, side: int) -> None:
    """Zoom in and move."""
    camera = watch.viewer.scene.camera
    for zoom in (0.2, 1.0, 4.0):

        def zoomed(zoom: float = zoom) -> None:
            camera.center = (0, side * 0.37, side * 0.61)
            camera.zoom = zoom

        watch.do(f"  zoomed to {zoom:g}", zoomed, lambda: True)

    def moved() -> None:
        camera.center = (0, side * 0.37 + 150, side * 0.61)

    watch.do("  moved by 150 pixels", moved, lambda: True)


def main() -> None:
    """Measure the kinds that are asked for."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kinds", nargs="*", default=["flat"], metavar="KIND")
    options.add_argument("--side", type=int, default=20_000)
    options.add_argument("--planes", type=int, default=4)
    options.add_argument("--method", default="gradient")
    given = options.parse_args()
    for kind in given.kinds:
        if kind not in KINDS:
            options.error(f"{kind} is none of {', '.join(KINDS)}")
        measure(kind, given.side, given.planes, given.method)


if __name__ == "__main__":
    main()
