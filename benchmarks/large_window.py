"""How soon a stack too large to be fused at once is there, in a real window.

Four planes of 20000 x 20000 pixels (uint8, uncompressed TIFF) are opened, fused where one looks,
and zoomed into. Measured are seconds of wall time until the picture has been drawn, and the peak
of the process's memory. Run ``python benchmarks/large_window.py [SIDE]``; where there is no
display, after ``xvfb-run -a -s "-screen 0 1400x1000x24"``.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import cv2
import napari
import numpy as np
import tifffile
from napari.qt import get_qapp

from napari_mfif import open_stack
from napari_mfif.plugin.reader import layers_of
from napari_mfif.presets import PRESETS

PLANES = 4


def write_stack(path: Path, side: int) -> None:
    """Write noise that is sharpest in another plane in each quarter of the columns."""
    rng = np.random.default_rng(0)
    tile = rng.integers(0, 255, (1000, 1000), np.uint8)
    soft = cv2.GaussianBlur(tile, (0, 0), 2)
    repeats = (-(-side // 1000), -(-side // 1000))
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for z in range(PLANES):
            plane = np.tile(soft, repeats)[:side, :side]
            columns = slice(z * side // PLANES, (z + 1) * side // PLANES)
            plane[:, columns] = np.tile(tile, repeats)[:side, columns]
            file.write(plane, contiguous=True)


def drawn(viewer: napari.Viewer) -> None:
    """Let the window draw all that waits."""
    for _ in range(20):
        get_qapp().processEvents()
    viewer.screenshot(canvas_only=True, flash=False)


def main(side: int) -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "large.tif"
    write_stack(path, side)
    viewer = napari.Viewer(show=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.window.resize(1280, 800)
    drawn(viewer)

    def timed(name: str, began: float) -> None:
        drawn(viewer)
        print(f"{name:28s}{time.perf_counter() - began:7.2f} s", flush=True)

    began = time.perf_counter()
    (data, options, _), *_ = layers_of(open_stack(path))
    viewer.add_image(data, **options)
    timed("opened", began)
    panel.method_box.apply(PRESETS[1])
    began = time.perf_counter()
    panel.start()
    while panel.is_running():
        get_qapp().processEvents()
    timed("fused, in overview", began)
    print(panel.run_box.problem.text() or panel.run_box.result.text())
    viewer.layers[0].visible = False
    for zoom in (0.5, 1.0, 4.0):
        began = time.perf_counter()
        viewer.camera.center = (0, side * 0.37, side * 0.61)
        viewer.camera.zoom = zoom
        timed(f"zoomed to {zoom:g}", began)
    began = time.perf_counter()
    viewer.camera.center = (0, side * 0.37 + 150, side * 0.61)
    timed("moved by 150 pixels", began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory {peak / 1e6:.2f} GB")
    viewer.close()
    path.unlink()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
