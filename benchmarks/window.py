"""How long the window stands still while a stack is fused in it.

32 planes of 1024 x 1024 pixels (uint16) are fused from the *Fuse* panel of a real window. Measured
are, in milliseconds of wall time:

own      the longest that our own code held the main thread in one turn of the event loop;
napari   the longest that napari took to add or update a layer when we asked it to;
turn     the longest time between two turns of the event loop, drawing included, whoever took it;
late     the share of the run's time by which turns came later than a tenth of a second.

Run ``python benchmarks/window.py [METHOD ...]``; where there is no display, after
``xvfb-run -a -s "-screen 0 1400x1000x24"``. ``--networks thread`` and ``--networks process`` say
where networks run, ``--planes`` and ``--side`` how large the stack is. Results go to
benchmarks/out/window.json.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import cv2
import napari
import numpy as np
from qtpy.QtCore import QEventLoop, QTimer

from napari_mfif.plugin.layers import writer as layer_module
from napari_mfif.plugin.layers.writer import LayerWriter
from napari_mfif.plugin.panel import preferences
from napari_mfif.plugin.panel.foresight import Foresight
from napari_mfif.plugin.panel.fuse import FusePanel
from napari_mfif.plugin.panel.result_box import ResultBox
from napari_mfif.plugin.panel.runner import Runner
from napari_mfif.settings.presets import PRESETS

PLANES, SIDE = 32, 1024
LIMIT = 100  # milliseconds of our own code
OWN = {
    FusePanel: ("start", "_finished", "_failed", "_show_expectation", "cancel", "_layer_added",
                "refresh", "_stack_changed", "_settings_changed", "_show_result"),
    Runner: ("start", "_show", "_done", "cancel"),
    Foresight: ("look", "_tell_expectation", "_tell_drift"),
    ResultBox: ("copy", "show_made"),
    LayerWriter: ("_write_next",),
}  # fmt: skip


class Stopwatch:
    """Times our slots, without what napari takes inside them."""

    def __init__(self) -> None:
        self.own: list[tuple[float, str]] = []
        self.napari: list[tuple[float, str]] = []
        self._depth, self._inside = 0, 0.0

    def ours(self, slot: Callable[..., Any]) -> Callable[..., Any]:
        """Time a slot of ours; nested ones count once."""

        @functools.wraps(slot)
        def timed(*given: Any, **named: Any) -> Any:
            if self._depth:
                return slot(*given, **named)
            self._depth, self._inside = 1, 0.0
            began = time.perf_counter()
            try:
                return slot(*given, **named)
            finally:
                spent = time.perf_counter() - began - self._inside
                self.own.append((spent, slot.__qualname__))
                self._depth = 0

        return timed

    def theirs(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Time a call into napari."""

        @functools.wraps(call)
        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                spent = time.perf_counter() - began
                self._inside += spent
                self.napari.append((spent, name))

        return timed


def watch(stopwatch: Stopwatch) -> None:
    """Put the stopwatch around our slots and around what we ask of napari."""
    for kind, names in OWN.items():
        for name in names:
            setattr(kind, name, stopwatch.ours(getattr(kind, name)))
    for name in ("_made", "_update", "_insert"):
        timed = stopwatch.theirs(getattr(layer_module, name), name.strip("_"))
        setattr(layer_module, name, timed)


def pixels(count: int, side: int) -> np.ndarray:
    """Return noise that is sharpest in another plane in each column."""
    rng = np.random.default_rng(0)
    sharp = rng.standard_normal((side, side)).astype(np.float32)
    blurred = [cv2.GaussianBlur(sharp, (0, 0), 0.6 + 0.4 * k) for k in range(8)]
    depth = np.broadcast_to(np.linspace(0, count - 1, side), (side, side))
    planes = np.empty((count, side, side), np.uint16)
    for z in range(count):
        distance = np.abs(np.rint(depth - z)).astype(int)
        plane = np.choose(np.minimum(distance, 7), blurred)
        planes[z] = 2000 + 400 * plane + 20 * rng.standard_normal((side, side))
    return planes


def measure(panel: FusePanel, stopwatch: Stopwatch, method: str) -> dict[str, Any]:
    """Fuse once and return what was measured."""
    box = panel.method_box.method
    box.setCurrentIndex(box.findData(method))
    stopwatch.own.clear()
    stopwatch.napari.clear()
    turns: list[float] = []
    last = [time.perf_counter()]

    def beat() -> None:
        now = time.perf_counter()
        turns.append(now - last[0])
        last[0] = now

    heart, loop = QTimer(), QEventLoop()
    heart.timeout.connect(beat)
    heart.timeout.connect(lambda: None if panel.is_running() else loop.quit())
    panel.start()
    heart.start(5)
    loop.exec()
    heart.stop()
    if panel.run_box.problem.text():
        return {"method": method, "problem": panel.run_box.problem.text()}
    own, slot = max(stopwatch.own)
    theirs, call = max(stopwatch.napari)
    return {
        "method": method,
        "own_ms": round(1000 * own, 1),
        "slot": slot,
        "napari_ms": round(1000 * theirs, 1),
        "call": call,
        "turn_ms": round(1000 * max(turns), 1),
        "late": round(sum(max(0.0, turn - 0.1) for turn in turns) / sum(turns), 4),
        "seconds": round(panel.fusion.seconds, 2) if panel.fusion else None,
    }


def main() -> int:
    """Measure each method twice: with new layers, and updating them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("methods", nargs="*", metavar="METHOD")
    options.add_argument("--networks", choices=("thread", "process"))
    options.add_argument("--planes", type=int, default=PLANES)
    options.add_argument("--side", type=int, default=SIDE)
    given = options.parse_args()
    names = given.methods or sorted({preset.recipe.method for preset in PRESETS})
    if given.networks:
        preferences.in_own_process = lambda: given.networks == "process"
    stopwatch = Stopwatch()
    watch(stopwatch)
    viewer = napari.Viewer(show=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.window.resize(1280, 800)
    stack = pixels(given.planes, given.side)
    viewer.add_image(stack, name="stack", scale=(0.5, 0.1, 0.1), units="um")
    found = []
    for name in names:
        for run in ("new layers", "again"):
            result = {"run": run, **measure(panel, stopwatch, name)}
            found.append(result)
            print(result, flush=True)
    out = Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "window.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    viewer.close()
    worst = max(result.get("own_ms", 0) for result in found)
    print(f"longest stall by our own code: {worst} ms (limit {LIMIT} ms)")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
