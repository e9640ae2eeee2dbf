"""A real napari window for the tests, or a loud reason why there is none."""

from __future__ import annotations

import gc
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("napari", reason="napari is not installed: the window is NOT tested")

from napari_mfif.plugin.results import results_of
from napari_mfif.simulation import simulate

WAIT = 300_000  # on a machine that does much else, torch alone takes a minute to start


def pytest_collection_modifyitems(items):
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        skip = pytest.mark.skip(
            reason="NO DISPLAY: the window is NOT tested. Run under "
            'xvfb-run -a -s "-screen 0 1400x1000x24".'
        )
        for item in items:
            if item.get_closest_marker("window"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def passed_over():
    """Return how many modules were there when the collections were last told to pass over them."""
    return [0]


@pytest.fixture(autouse=True)
def quick_to_clean(passed_over):
    """Let the collections after each layer and each window pass over what was imported before."""
    if len(sys.modules) > passed_over[0]:
        gc.collect()
        gc.freeze()
        passed_over[0] = len(sys.modules)


@pytest.fixture(scope="session", autouse=True)
def known_plugins():
    """Look for plugins once: napari does so for every window, and reads all their manifests."""
    from npe2 import PluginManager

    look = PluginManager.discover
    found = []

    def discover(manager, paths=(), clear=False, include_npe1=False):
        if paths or clear or manager not in found:
            found.append(manager)
            return look(manager, paths, clear, include_npe1)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManager, "discover", discover)
        yield


@pytest.fixture(scope="session")
def relief():
    """A small z-stack of known depth, neither square nor even."""
    return simulate("relief", seed=4, shape=(97, 131), planes=7)


@pytest.fixture(autouse=True)
def preferred(monkeypatch):
    """Keep the preferences of whoever runs the tests out of them."""
    fresh = SimpleNamespace(device="auto", memory=0, networks="auto")
    monkeypatch.setattr("napari_mfif.plugin.panel.preferences._running", lambda: fresh)
    return fresh


@pytest.fixture
def viewer(make_napari_viewer, request):
    """A viewer, shown where a test is marked as one that looks at what is drawn."""
    drawn = request.node.get_closest_marker("drawn") is not None
    made = make_napari_viewer(show=drawn)
    if drawn:
        made.window.resize(1280, 800)
    return made


@pytest.fixture
def dock(viewer):
    """Dock a panel as from the menu, and return it."""

    def docked(title):
        return viewer.window.add_plugin_dock_widget("napari-mfif", title)[1]

    return docked


@pytest.fixture
def panel(dock):
    """The Fuse panel."""
    return dock("Fuse")


@pytest.fixture
def paint(panel, dock):
    """The Paint panel, beside the Fuse panel."""
    return dock("Paint")


@pytest.fixture
def add_relief(viewer, relief):
    def add(name="pollen", **options):
        options = {"scale": (0.5, 0.1, 0.1), "units": "um", "translate": (0, 3, 4)} | options
        return viewer.add_image(np.asarray(relief.stack.pixels), name=name, **options)

    return add


@pytest.fixture
def fused(qtbot):
    """Press Fuse and wait until all layers are there."""

    def press(panel):
        panel.run_box.fuse.click()
        qtbot.waitUntil(lambda: not panel.is_running(), timeout=WAIT)

    return press


@pytest.fixture
def made(panel, add_relief, fused):
    """What the Fuse panel made of a small z-stack."""
    add_relief()
    fused(panel)
    return results_of(panel.viewer).current()


@pytest.fixture
def cut_off():
    """What yields the texts of a panel for which there is too little room."""
    from qtpy.QtWidgets import QCheckBox, QLabel, QPushButton, QToolButton

    def found(panel):
        """Yield the texts of a panel for which there is too little room."""
        for kind in (QLabel, QPushButton, QCheckBox, QToolButton):
            for one in panel.findChildren(kind):
                if not one.isVisible() or not one.text():
                    continue
                needed = one.sizeHint().width()
                if isinstance(one, QLabel) and one.wordWrap():
                    needed = one.width() if one.heightForWidth(one.width()) <= one.height() else 1e6
                outside = one.mapTo(panel, one.rect().topRight()).x() > panel.width()
                if needed > one.width() + 1 or outside:
                    yield one.text()

    return found


@pytest.fixture
def slow(monkeypatch):
    """Make a fusion stop after its first picture until the event is set, or it is cancelled."""
    import threading
    import time

    from napari_mfif.plugin.panel import fusion_thread as worker

    go_on = threading.Event()
    steps = worker.Request.steps

    def halting(request):
        for progress in steps(request):
            yield progress
            while progress.fusion is not None and not progress.finished and not go_on.is_set():
                time.sleep(0.02)
                yield worker.Progress(progress.stage, progress.done, progress.total)

    monkeypatch.setattr(worker, "PREVIEW", 0.0)
    monkeypatch.setattr(worker.Request, "steps", halting)
    yield go_on
    go_on.set()


@pytest.fixture
def hand(paint, panel, add_relief, fused, qtbot):
    """A fused stack, painted on with the mouse."""
    from painter import Hand, choose_method

    add_relief()
    choose_method(panel, "gradient")
    fused(panel)
    made = Hand(paint, qtbot)
    qtbot.waitUntil(paint.start.isEnabled, timeout=WAIT)
    made.paint_on()
    return made
