"""Draw the pictures of the window that README and docs show, from a stack simulated on the spot.

Run ``python docs/screenshots.py [FOLDER]``: window.png, states.png and the pictures of the other
panels go to docs/pictures, and all states in both themes to the folder, where one is given. Where
there is no display, after ``xvfb-run -a -s "-screen 0 1400x1000x24"``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import cv2
import napari
import numpy as np
from napari._app_model import get_app_model
from napari.qt import get_qapp

from napari_mfif.fusion.api import Progress
from napari_mfif.io import write_image
from napari_mfif.plugin.panel.fuse import FusePanel
from napari_mfif.plugin.panel.fusion_thread import Request
from napari_mfif.plugin.panel.opened import DISPLAY_NAME
from napari_mfif.plugin.panel.side_boxes import SPLIT
from napari_mfif.plugin.reader import layers_of
from napari_mfif.plugin.samples import make_sample
from napari_mfif.settings.presets import PRESETS, get_preset

SIZE = (1280, 800)


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Let the window live until something is so."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        get_qapp().processEvents()
        time.sleep(0.01)


def rest(seconds: float = 0.4) -> None:
    """Let the window live for a while."""
    until(lambda: False, seconds)


def open_panel(viewer: napari.Viewer, name: str) -> Any:
    """Open a panel as napari's menu does, with the title it has there."""
    command = f"napari-mfif.{name.lower().replace(' ', '_')}"
    get_app_model().commands.execute_command(command).result()
    return viewer.window.dock_widgets[f"{name} ({DISPLAY_NAME})"]


def open_window(theme: str) -> tuple[napari.Viewer, FusePanel]:
    """Open a window of the usual size with the panel."""
    viewer = napari.Viewer(show=True)
    viewer.theme = theme
    panel = open_panel(viewer, "Fuse")
    viewer.window.resize(*SIZE)
    rest()
    return viewer, panel


def slowly(steps: Callable[[Request], Iterator[Progress]]) -> Callable[..., Iterator[Progress]]:
    """Give a camera the time to see a fusion run."""

    def waiting(request: Request) -> Iterator[Progress]:
        for step in steps(request):
            time.sleep(0.1)
            yield step

    return waiting


def main(folder: Path, themes: tuple[str, ...]) -> None:
    """Draw every state in every theme, and the window for the README."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = make_sample("relief")
    quickly = Request.steps
    for theme in themes:
        viewer, panel = open_window(theme)

        def shoot(state: str, theme: str = theme, viewer: napari.Viewer = viewer) -> None:
            rest()
            path = folder / f"{state}-{theme}.png"
            viewer.window.screenshot(str(path), canvas_only=False, flash=False)
            print(path)

        shoot("empty")
        (data, options, _), *_ = layers_of(stack)
        viewer.add_image(data, **options)
        until(lambda panel=panel: panel.run_box.estimate.text().startswith("About"))
        shoot("ready")
        panel.method_box.advanced.open()
        panel.method_box.cleaning.open()
        shoot("advanced")
        panel.method_box.advanced.open(False)
        panel.method_box.cleaning.open(False)
        Request.steps = slowly(quickly)
        panel.start()
        until(lambda panel=panel: panel.run_box.bar.fraction > 0.5 or not panel.is_running())
        shoot("running")
        panel.cancel()
        Request.steps = quickly
        rest(2)
        panel.start()
        until(lambda panel=panel: not panel.is_running())
        shoot("done")
        if theme == "dark":
            window_picture(viewer, folder / "window.png")
        viewer.add_image(stack.plane(3), name="one plane")
        shoot("refused")
        viewer.add_image(stack.dask()[None].repeat(3, axis=0), name="timelapse")
        shoot("question")
        viewer.layers.remove("timelapse")
        viewer.layers.remove("one plane")
        panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("cnn"))
        shoot("network")
        panel.method_box.apply(PRESETS[1])
        viewer.close()


def window_picture(viewer: napari.Viewer, path: Path) -> None:
    """Draw the picture at the head of the README: stack, sharp image and height side by side."""
    viewer.canvas.grid.enabled = True
    names = ("plane taken · relief", "height (µm) · relief", "in focus · relief", "relief")
    viewer.window.resize(1400, 820)
    for layer in viewer.layers:
        layer.visible = layer.name in names
    viewer.layers.selection = {viewer.layers["in focus · relief"]}
    viewer.reset_view()
    rest(1)
    viewer.window.screenshot(str(path), canvas_only=False, flash=False)
    viewer.canvas.grid.enabled = False
    viewer.window.resize(*SIZE)
    for name in names[:2]:
        viewer.layers[name].visible = False
    viewer.reset_view()
    print(path)


def refine_picture(path: Path) -> None:
    """Draw *Refine* beside heights of which much is not known."""
    viewer, fuse = open_window("dark")
    (data, options, _), *_ = layers_of(make_sample("fluorescence"))
    viewer.add_image(data, **options)
    fuse.start()
    until(lambda: not fuse.is_running())
    panel = open_panel(viewer, "Refine")
    until(lambda: panel.made is not None)
    viewer.layers["height (µm) · fluorescence"].visible = True
    panel.box.known.set_values({"min_confidence": 0.8})
    rest(2)
    until(lambda: panel.back.isEnabled() and not panel.note.text())
    viewer.window.screenshot(str(path), canvas_only=False, flash=False)
    viewer.close()
    print(path)


def sheet_of_states(folder: Path, path: Path) -> None:
    """Put the panels of some states side by side."""
    names = ("empty-light", "ready-dark", "running-light", "done-dark", "question-light")
    panels = [cv2.imread(str(folder / f"{name}.png"))[:, 905:] for name in names]
    cv2.imwrite(str(path), np.hstack(panels))
    print(path)


def comparing(pictures: Path) -> None:
    """Draw the Compare panel over two results divided by a line."""
    from napari_mfif import fuse
    from napari_mfif.plugin import show

    stack = make_sample("relief")
    viewer = napari.Viewer(show=True)
    viewer.theme = "dark"
    panel = open_panel(viewer, "Compare")
    viewer.window.resize(*SIZE)
    for name in ("fast", "balanced"):
        show(fuse(stack, recipe=get_preset(name).recipe), viewer)
    rest()
    viewer.reset_view()
    panel.measure_box.start()
    until(lambda: not panel.measure_box.is_running())
    panel.look(SPLIT)
    rest(1)
    viewer.window.screenshot(str(pictures / "compare.png"), canvas_only=False, flash=False)
    viewer.close()
    print(pictures / "compare.png")


def painting(path: Path) -> None:
    """Draw *Paint* with a stroke done and a lasso that is being drawn."""
    viewer, fuse = open_window("dark")
    (data, options, _), *_ = layers_of(make_sample("bristles"))
    viewer.add_image(data, **options)
    fuse.method_box.apply(get_preset("fast"))
    fuse.start()
    until(lambda: not fuse.is_running())
    panel = open_panel(viewer, "Paint")
    until(panel.start.isEnabled)
    panel.start.click()
    until(panel.is_painting)
    session, layer = panel.session, panel.easel.layer
    rows, columns = session.fusion.stack.plane_shape
    viewer.dims.set_current_step(0, int(session.fusion.decision[rows // 3, columns // 3]))
    panel.box.brush.value = columns // 16
    for step in range(20):
        session.brush((rows * (0.3 + 0.01 * step), columns * (0.25 + 0.02 * step)))
    session.lift()
    panel.box.tools.buttons["polygon"].click()
    panel.box.sources.buttons["best"].click()
    corners = ((0.55, 0.55), (0.52, 0.75), (0.66, 0.86), (0.8, 0.74), (0.78, 0.6))
    layer._overlays["polygon"].points = [[y * rows, x * columns] for y, x in corners]
    until(lambda: not session.jobs.busy)
    rest(1)
    viewer.window.screenshot(str(path), canvas_only=False, flash=False)
    panel.start.click()
    viewer.close()
    print(path)


def batching(pictures: Path) -> None:
    """Draw the Batch panel after a run in which one z-stack failed."""
    viewer = napari.Viewer(show=True)
    viewer.theme = "dark"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "experiment"
        source.mkdir()
        stack = make_sample("relief")
        for name in ("well A1", "well A2"):
            write_image(source / f"{name}.ome.tif", np.asarray(stack.pixels), axes="ZYX")
        whole = (source / "well A2.ome.tif").read_bytes()
        (source / "well A3.ome.tif").write_bytes(bytes(64) + whole[64:2000])
        (source / "protocol.txt").write_text("DAPI")
        write_image(source / "overview.tif", stack.plane(0), axes="YX")
        panel = open_panel(viewer, "Batch")
        viewer.window.resize(*SIZE)
        panel.source.setText(str(source))
        panel.target.setText(f"{source} in focus")
        panel.search()
        until(lambda: bool(panel.plan.jobs))
        panel.start()
        until(lambda: not panel.is_running())
        panel.source.setText("experiment")
        panel.target.setText("experiment in focus")
        rest(1)
        viewer.window.screenshot(str(pictures / "batch.png"), canvas_only=False, flash=False)
        viewer.close()
    picture = cv2.imread(str(pictures / "batch.png"))
    cv2.imwrite(str(pictures / "batch.png"), picture[:, 912:])
    print(pictures / "batch.png")


def looking_closer(pictures: Path) -> None:
    """Draw the Look closer panel under the mouse, beside lines and regions, and a surface in 3D."""
    from napari_mfif import fuse
    from napari_mfif.plugin import show
    from napari_mfif.plugin.closer.place import Pixel

    viewer = napari.Viewer(show=True)
    viewer.theme = "dark"
    panel = open_panel(viewer, "Look closer")
    viewer.window.resize(1280, 1000)
    show(fuse(make_sample("relief")), viewer)
    until(lambda: panel.line.heights is not None)
    viewer.reset_view()
    panel.line.drawn.draw("add_line")
    panel.line.drawn.layer.add_lines(np.array([[60.0, 40.0], [330.0, 350.0]]))
    panel.regions.drawn.draw("add_rectangle")
    squares = [[[40.0, 250.0], [120.0, 340.0]], [[260.0, 60.0], [340.0, 150.0]]]
    panel.regions.drawn.layer.add_rectangles(np.array(squares))
    until(lambda: panel.regions.found[1] is not None)
    pixel: Pixel = (0, 180, 200)
    panel.mouse.pixel = pixel
    panel.mouse.show_pixel()
    until(lambda: panel.mouse.rivals.text().startswith("Taken"))
    rest(1)
    viewer.window.screenshot(str(pictures / "look-closer.png"), canvas_only=False, flash=False)
    panel.surface.exaggeration.value = 4.0
    panel.surface.show_it.click()
    until(lambda: panel.surface.view.is_on and not panel.surface.view.busy)
    rest(1)
    viewer.window.resize(*SIZE)
    rest(1)
    panel.surface.view.reset_camera()
    rest(1)
    shot = viewer.screenshot(canvas_only=True, flash=False)[..., 2::-1]
    rows, columns = (np.nonzero(shot.any(axis=(axis, 2)))[0] for axis in (1, 0))
    cropped = shot[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cv2.imwrite(str(pictures / "surface.png"), cropped)
    viewer.close()
    print(pictures / "look-closer.png", pictures / "surface.png")


if __name__ == "__main__":
    states = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    pictures = Path(__file__).parent / "pictures"
    pictures.mkdir(exist_ok=True)
    main(states, ("dark", "light"))
    sheet_of_states(states, pictures / "states.png")
    shutil.copy(states / "window.png", pictures / "window.png")
    refine_picture(pictures / "refine.png")
    comparing(pictures)
    painting(pictures / "paint.png")
    batching(pictures)
    looking_closer(pictures)
