"""Networks in a process of their own, from a real window."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from napari_mfif.engine.process.client import shared_worker

pytestmark = [pytest.mark.window, pytest.mark.torch]

WAIT = 90_000


@pytest.fixture
def apart(preferred):
    """Wish for it, and leave no process behind."""
    preferred.networks = "process"
    yield shared_worker()
    shared_worker().stop()


@pytest.fixture
def network(panel, viewer, relief):
    """The panel with a small stack and a network chosen."""

    def choose(rows=40, columns=54, **options):
        pixels = np.asarray(relief.stack.pixels)[:, :rows, :columns]
        viewer.add_image(pixels, name="pollen", **options)
        panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("cnn"))
        panel.foresight.rest()  # no estimate: the process is for the fusion
        return pixels

    return choose


def shared_files():
    return {path.name for path in Path("/dev/shm").glob(f"mfif_{os.getpid()}_*")}


def test_network_in_a_process_gives_what_it_gives_here(panel, viewer, network, apart, fused):
    from napari_mfif import fuse

    before = shared_files()
    pixels = network()
    assert panel.request().apart
    fused(panel)
    assert panel.run_box.problem.text() == ""
    assert apart.pid is not None
    expected = fuse(pixels, method="cnn")
    np.testing.assert_array_equal(viewer.layers["in focus · pollen"].data, expected.image)
    scores = viewer.layers["scores · pollen"].data
    np.testing.assert_allclose(np.asarray(scores[3]), np.asarray(expected.scores[3]), atol=1e-3)
    assert shared_files() == before


def test_cancel_in_a_process_leaves_everything_as_it_was(panel, viewer, network, apart, qtbot):
    network(97, 131)
    before = shared_files()
    panel.run_box.fuse.click()
    qtbot.waitUntil(lambda: apart.pid is not None, timeout=WAIT)
    process, worker = apart._process, panel.runner.worker
    process.send_signal(signal.SIGSTOP)  # as if a plane took minutes
    panel.run_box.stop.click()
    assert not panel.is_running()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)
    assert [layer.name for layer in viewer.layers] == ["pollen"]
    assert panel.run_box.problem.text() == ""
    assert process.poll() is not None
    panel.foresight.rest()
    qtbot.waitUntil(lambda: shared_files() == before, timeout=WAIT)


def test_killed_process_is_a_sentence_in_the_panel(panel, network, apart, fused, qtbot):
    network(97, 131)
    panel.run_box.fuse.click()

    def killed():  # an estimate may have left a process: it is not the first one that counts
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(apart.pid, signal.SIGKILL)
        return not panel.is_running()

    qtbot.waitUntil(killed, timeout=WAIT)
    assert "ended unexpectedly" in panel.run_box.problem.text()
    fused(panel)
    assert "Done in" in panel.result_box.sentence.text()


def test_window_closed_in_the_middle_ends_the_process(make_napari_viewer, relief, qtbot, apart):
    viewer = make_napari_viewer()
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.add_image(np.asarray(relief.stack.pixels), name="pollen")
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("cnn"))
    panel.foresight.rest()
    panel.run_box.fuse.click()
    worker = panel.runner.worker
    qtbot.waitUntil(lambda: apart.pid is not None, timeout=WAIT)
    apart._process.send_signal(signal.SIGSTOP)  # as if a plane took minutes
    viewer.close()
    qtbot.waitUntil(lambda: not worker.is_running, timeout=WAIT)
    qtbot.waitUntil(lambda: apart.pid is None, timeout=WAIT)


def test_window_needs_no_torch(tmp_path):
    """In a process of its own: this one has imported torch long ago."""
    code = """
import sys, time
import numpy as np
import napari
from napari.qt import get_qapp
from napari_mfif.plugin.panel import preferences
preferences.in_own_process = lambda: True
viewer = napari.Viewer(show=False)
_, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
viewer.add_image(np.random.default_rng(0).integers(0, 999, (3, 40, 50)).astype(np.uint16), name="a")
panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("cnn"))
panel.start()
end = time.monotonic() + 90
while panel.is_running() and time.monotonic() < end:
    get_qapp().processEvents()
    time.sleep(0.01)
print(panel.run_box.problem.text() or panel.result_box.sentence.text()[:7], "torch" in sys.modules)
viewer.close()
"""
    environ = {**os.environ, "NAPARI_CONFIG": str(tmp_path / "settings.yaml")}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=180, env=environ
    )
    assert done.stdout.strip() == "Done in False", done.stderr
    assert time.monotonic() - began < 180
