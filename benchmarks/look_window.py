"""What following the mouse over 60 planes of 1024 x 1024 pixels costs the window.

The *Look closer* panel follows a mouse that circles over a fusion, first where focus curves have
been measured, then across the whole image. Measured are:

curves   curves drawn per second of wall time;
cpu      milliseconds of the main thread per curve, napari's part and drawing included;
own      the longest that one call of ours took, in milliseconds of wall time.

Then the surface in 3D is exaggerated step by step: milliseconds of the main thread's processor
time that moving it takes, and the longest turn of the event loop after that.

Run ``python benchmarks/look_window.py``; where there is no display, after
``xvfb-run -a -s "-screen 0 1400x1000x24"``.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import napari
import numpy as np
from napari.qt import get_qapp

from napari_mfif import ZStack, fuse
from napari_mfif.plugin import show
from napari_mfif.simulation import simulate

SECONDS = 5.0
CIRCLE, DIAGONAL = "where it has been measured", "across the image"


def until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        get_qapp().processEvents()
        time.sleep(0.001)


def place(path: str, share: float) -> tuple[float, float]:
    if path == DIAGONAL:
        return 1023 * share, 1023 * share
    return 500 + 20 * np.sin(20 * share), 500 + 20 * np.cos(20 * share)


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def called(*given: Any) -> Any:
        begin = time.perf_counter()
        found = function(*given)
        spent.append(time.perf_counter() - begin)
        return found

    return called


def measure(viewer: Any, mouse: Any, path: str) -> None:
    spent: list[float] = []
    drawn: list[None] = []
    show_curve, move, look = mouse.plot.show_curve, mouse._moved, timed(mouse.show_pixel, spent)
    mouse.plot.show_curve = lambda curve: (drawn.append(None), show_curve(curve))
    mouse._eye.timeout.disconnect()
    mouse._eye.timeout.connect(look)
    moved = timed(move, spent)
    begin, cpu = time.monotonic(), time.thread_time()
    while (share := (time.monotonic() - begin) / SECONDS) < 1:
        moved(viewer, SimpleNamespace(position=place(path, share)))
        until(lambda: False, 0.008)
    used = 1000 * (time.thread_time() - cpu) / max(1, len(drawn))
    mouse.plot.show_curve = show_curve
    rate = len(drawn) / SECONDS
    print(f"{path}: {rate:.0f} curves/s, cpu {used:.1f} ms, own {1000 * max(spent):.1f} ms")


def exaggerate(box: Any) -> None:
    box.show_it.click()
    until(lambda: box.view.is_on and not box.view.busy, 60)
    until(lambda: False, 1)
    moved, turns = [], []
    for factor in np.linspace(1.5, 8, 12):
        begin = time.thread_time()
        box.view.ask(exaggeration=float(factor))
        moved.append(time.thread_time() - begin)
        longest, end = 0.0, time.monotonic() + 0.6
        while time.monotonic() < end:
            begin = time.thread_time()
            get_qapp().processEvents()
            longest = max(longest, time.thread_time() - begin)
            time.sleep(0.001)
        turns.append(longest)
    told = (f"{1000 * min(times):.0f} to {1000 * max(times):.0f} ms" for times in (moved, turns))
    points = len(box.view.solid.vertices)
    print("exaggerated, {} points: moved in {}, then turns of {}".format(points, *told))


def main() -> None:
    quarter = np.asarray(simulate("relief", seed=1, shape=(512, 512), planes=20).stack.pixels)
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Look closer")
    show(fuse(ZStack.from_array(np.tile(quarter, (3, 2, 2)), axes="ZYX")), viewer)
    until(lambda: panel.line.heights is not None, 60)
    panel.mouse.pixel = (0, 500, 500)
    panel.mouse.show_pixel()
    until(lambda: panel.mouse.rivals.text().startswith("Taken"), 60)
    until(lambda: not panel.mouse._work.busy, 60)
    for path in (CIRCLE, DIAGONAL):
        measure(viewer, panel.mouse, path)
    exaggerate(panel.surface)
    viewer.close()


if __name__ == "__main__":
    main()
