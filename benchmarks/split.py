"""Time what a step of the split line costs between two images of 4096 x 4096.

Run ``python -m benchmarks.split``; without a display, after
``xvfb-run -a -s "-screen 0 1400x1000x24"``.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import napari
import numpy as np
from napari.qt import get_qapp

from napari_mfif.plugin.comparing.split import SplitView

SIDE, STEPS = 4096, 30


def rest(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        get_qapp().processEvents()
        time.sleep(0.01)


def main() -> None:
    """Drag the line from left to right; print what our code takes, and what drawing takes."""
    viewer = napari.Viewer()
    viewer.window.resize(1280, 800)
    rng = np.random.default_rng(0)
    layers = [
        viewer.add_image(rng.integers(0, 4000, (SIDE, SIDE), dtype=np.uint16)) for _ in range(2)
    ]
    rest(1)
    view = SplitView(viewer)
    view.show(layers[:1], layers[1:])
    rest(1)
    ours, drawing = [], []
    for step in range(STEPS):
        began = time.perf_counter()
        view.line.move_to(0.1 + 0.8 * step / STEPS)
        moved = time.perf_counter()
        get_qapp().processEvents()
        ours.append(moved - began)
        drawing.append(time.perf_counter() - moved)
    for name, seconds in (("our code", ours), ("drawing", drawing)):
        middle, most = (1000 * value for value in (median(seconds), max(seconds)))
        print(f"{name}: {middle:.1f} ms in the middle, {most:.1f} ms at most")
    view.end()
    viewer.close()


if __name__ == "__main__":
    main()
