"""How soon a fusion follows the sliders of *Refine*, and how long the window stands still.

Planes with noise that is sharpest in another plane in each column are fused in a real window. Then
*Smooth height* is dragged to and fro, 24 values at 25 a second, with the height in view. Measured
are, in milliseconds of wall time:

own      the longest that our own code held the main thread in one turn of the event loop;
napari   the longest that napari took to update a layer when we asked it to;
turn     the longest time between two turns of the event loop, drawing included, whoever took it;
first    from the first movement that it has not followed yet until the layer in view follows, the
         middle one of those times;
end      from the last movement until all layers follow it.

Run ``python benchmarks/refine_window.py [SIDE ...]`` (1024 when not given); where there is no
display, after ``xvfb-run -a -s "-screen 0 1400x1000x24"``. ``--method`` and ``--planes`` say what
is fused. Results go to benchmarks/out/refine_window.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import napari
from qtpy.QtCore import QEventLoop, QTimer

from napari_mfif.plugin.layers import writer as layer_module
from napari_mfif.plugin.layers.writer import LayerWriter
from napari_mfif.plugin.panel.refine import RefinePanel
from napari_mfif.plugin.results import Results
from window import LIMIT, Stopwatch, pixels

MOVEMENTS, PAUSE = 24, 40
OWN = {
    RefinePanel: ("_changed", "_put", "_put_first", "_refine_all", "refresh"),
    LayerWriter: ("_write_next", "write"),
    Results: ("replace", "_seen"),
}


def watch(stopwatch: Stopwatch) -> None:
    """Put the stopwatch round our slots and round what we ask of napari."""
    for kind, names in OWN.items():
        for name in names:
            setattr(kind, name, stopwatch.ours(getattr(kind, name)))
    layer_module._update = stopwatch.theirs(layer_module._update, "update")


def wait(condition: Any, turns: list[float] | None = None, seconds: float = 120) -> None:
    """Let the window live until something is so; note how far its turns lie apart."""
    loop, heart, last = QEventLoop(), QTimer(), [time.perf_counter()]
    end = last[0] + seconds

    def beat() -> None:
        now = time.perf_counter()
        if turns is not None:
            turns.append(now - last[0])
        last[0] = now
        if condition() or now > end:
            loop.quit()

    heart.timeout.connect(beat)
    heart.start(2)
    loop.exec()


def drag(viewer: napari.Viewer, panel: RefinePanel, stopwatch: Stopwatch) -> dict[str, Any]:
    """Drag the slider and return what was measured."""
    height = next(layer for layer in viewer.layers if "height" in layer.name)
    control = panel.box.basic.controls["smooth_depth"]
    turns: list[float] = []
    asked: list[float] = []
    followed: list[float] = []

    def followed_now(event: Any = None) -> None:
        if asked:
            followed.append(time.perf_counter() - asked[0])
            asked.clear()

    height.events.set_data.connect(followed_now)
    stopwatch.own.clear()
    stopwatch.napari.clear()
    for number in range(MOVEMENTS):
        began = time.perf_counter()
        asked.append(began)
        control.value = 1 + (number * 5) % 11
        then = began + PAUSE / 1000
        wait(lambda then=then: time.perf_counter() > then, turns)
    wanted = panel.box.values()
    wait(
        lambda: (
            panel.made.fusion.recipe.consistency["smooth_depth"] == wanted["smooth_depth"]
            and not (panel._settle.isActive() or panel._whole.busy)
            and not panel.results._drawing
            and not panel.results._writer._waiting
        ),
        turns,
    )
    height.events.set_data.disconnect(followed_now)
    own, slot = max(stopwatch.own)
    return {
        "own_ms": round(1000 * own, 1),
        "slot": slot,
        "napari_ms": round(1000 * max(stopwatch.napari)[0], 1),
        "turn_ms": round(1000 * max(turns), 1),
        "first_ms": round(1000 * statistics.median(followed), 1),
        "followed": len(followed),
        "end_ms": round(1000 * (time.perf_counter() - began), 1),
    }


def main() -> int:
    """Measure each size twice: the first drag makes what later ones know."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("sides", nargs="*", type=int, default=[1024], metavar="SIDE")
    options.add_argument("--method", default="adaptive")
    options.add_argument("--planes", type=int, default=16)
    given = options.parse_args()
    stopwatch, found = Stopwatch(), []
    watch(stopwatch)
    viewer = napari.Viewer(show=True)
    viewer.window.resize(1280, 800)
    _, fuse = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Refine")
    box = fuse.method_box.method
    for side in given.sides:
        viewer.layers.clear()
        stack = pixels(given.planes, side)
        viewer.add_image(stack, name="stack", scale=(0.5, 0.1, 0.1), units="um")
        box.setCurrentIndex(box.findData(given.method))
        fuse.start()
        wait(lambda: not fuse.is_running() and panel.made is not None)
        viewer.layers["height (µm) · stack"].visible = True
        wait(lambda: False, seconds=1)
        for run in (1, 2):
            result = {"side": side, "run": run, **drag(viewer, panel, stopwatch)}
            found.append(result)
            print(result, flush=True)
    out = Path(__file__).parent / "out"
    out.mkdir(exist_ok=True)
    (out / "refine_window.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    viewer.close()
    worst = max(result["own_ms"] for result in found)
    print(f"longest stall by our own code: {worst} ms (limit {LIMIT} ms)")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
