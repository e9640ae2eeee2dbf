"""How long the main thread stands still while a stack is fused in a real napari window."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["measure"]

RUNNER = Path(__file__).parent / "runners" / "run_window.py"


def measure() -> dict[str, Any]:
    """Fuse 32 planes of 1024 x 1024 in a window of its own process.

    Returns
    -------
    dict
        What ``runners/run_window.py`` found, or ``missing`` with the reason why it could not.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "window.json"
        command = [*_display(), sys.executable, str(RUNNER), str(out)]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            return {"missing": "no answer in 10 minutes"}
        if answer.returncode != 0 or not out.exists():
            lines = answer.stderr.strip().splitlines() or ["no message"]
            return {"missing": lines[-1][:300]}
        return dict(json.loads(out.read_text()))


def _display() -> list[str]:
    """Return the words that give a command a virtual display where there is none."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return []
    if not shutil.which("xvfb-run"):
        return []
    return ["xvfb-run", "-a", "-s", "-screen 0 1400x1000x24"]
