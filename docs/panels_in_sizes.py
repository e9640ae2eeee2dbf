"""Draw every panel in both themes at several sizes of the window, to be looked at.

Run ``python docs/panels_in_sizes.py FOLDER``, and ``QT_SCALE_FACTOR=1.5`` before it for a screen of
a higher resolution. Where there is no display, after ``xvfb-run -a -s "-screen 0 2000x1200x24"``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import napari
import numpy as np
from qtpy.QtWidgets import QScrollArea
from screenshots import rest, until

from napari_mfif.plugin.reader import layers_of
from napari_mfif.plugin.samples import make_sample
from napari_mfif.settings.presets import get_preset

SIZES = ((1920, 1080), (900, 560))
PANELS = ("Fuse", "Refine", "Paint", "Look closer", "Compare", "Batch")


def states(viewer: napari.Viewer, panel: Any, name: str) -> Iterator[str]:
    """Yield the states of a panel that look different, while it is in them."""
    yield ""
    if name == "Fuse":
        for fold in (panel.method_box.advanced, panel.method_box.cleaning):
            fold.open()
        panel.method_box.alignment.open()
        panel.stack_box.sizes.fold.open()
        rest()
        yield " open"
        panel.findChild(QScrollArea, "scroll").verticalScrollBar().setValue(10_000)
        rest()
        yield " open, below"


def main(folder: Path) -> None:
    """Draw all panels over a fused stack."""
    folder.mkdir(parents=True, exist_ok=True)
    viewer = napari.Viewer(show=True)
    _, fuse = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    (data, options, _), *_ = layers_of(make_sample("relief"))
    viewer.add_image(np.asarray(data), **options)
    fuse.method_box.apply(get_preset("fast"))
    fuse.start()
    until(lambda: not fuse.is_running())
    for name in PANELS:
        dock, panel = viewer.window.add_plugin_dock_widget("napari-mfif", name)
        dock.raise_()
        rest(1)
        for theme in ("dark", "light"):
            viewer.theme = theme
            for size in SIZES:
                viewer.window.resize(*size)
                rest(0.6)
                for state in states(viewer, panel, name):
                    path = folder / f"{name}{state} {theme} {size[0]}.png"
                    viewer.window.screenshot(str(path), canvas_only=False, flash=False)
                    print(path, flush=True)
        if name != "Fuse":
            viewer.window.remove_dock_widget(dock)
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
