"""Whether memory stays flat while stacks are fused again and again in the window.

usage: python -m benchmarks.window_memory [RUNS] [METHOD]

30 planes of 1024 x 1024 pixels (uint16) are fused from the *Fuse* panel of a real window, each run
in place of the one before. Memory is that of the process after each run, once the layers show it.
Where there is no display, after ``xvfb-run -a -s "-screen 0 1400x1000x24"``.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))

import napari
from qtpy.QtCore import QEventLoop, QTimer

from benchmarks.window import pixels

PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> float:
    """Return the megabytes that the process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20


def main(runs: int = 20, method: str = "adaptive") -> None:
    """Print the memory after each run."""
    viewer = napari.Viewer(show=True)
    _, panel = viewer.window.add_plugin_dock_widget("napari-mfif", "Fuse")
    viewer.add_image(pixels(30, 1024), name="stack", scale=(0.5, 0.1, 0.1), units="um")
    box = panel.method_box.method
    box.setCurrentIndex(box.findData(method))
    found = []
    for _ in range(runs):
        loop, beat = QEventLoop(), QTimer()
        beat.timeout.connect(lambda loop=loop: None if panel.is_running() else loop.quit())
        panel.start()
        beat.start(50)
        loop.exec()
        QTimer.singleShot(1000, loop.quit)
        loop.exec()
        found.append(resident())
        print(f"{found[-1]:.0f}", end=" ", flush=True)
    half = runs // 2
    print(f"\n{method}: {found[half]:.0f} MB after {half + 1} runs, {found[-1]:.0f} after {runs}")
    viewer.close()


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["20"])[0]), *sys.argv[2:3])
