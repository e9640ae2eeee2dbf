"""How long the main thread stands still while a stack is fused in a real napari window.

``benchmarks/window.py`` measures it, as a process of its own; here it is given a display.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["METHODS", "measure"]

SCRIPT = Path(__file__).with_name("window.py")
FOUND = SCRIPT.parent / "out" / "window.json"

METHODS = ("adaptive",)


def measure() -> dict[str, Any]:
    """Fuse 32 planes of 1024 x 1024 in a window, twice with each method.

    Returns
    -------
    dict
        The ``runs``, or ``missing`` with the reason why there are none.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or _virtual()):
        return {"missing": "there is no display and no xvfb-run"}
    FOUND.unlink(missing_ok=True)
    command = [*_virtual(), sys.executable, str(SCRIPT), *METHODS]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return {"missing": "no answer in 10 minutes"}
    if not FOUND.exists():
        lines = answer.stderr.strip().splitlines() or ["no message"]
        return {"missing": lines[-1][:300]}
    return {"runs": json.loads(FOUND.read_text(encoding="utf-8"))}


def _virtual() -> list[str]:
    """Return the words that give a command a virtual display where there is none."""
    if os.environ.get("DISPLAY") or not shutil.which("xvfb-run"):
        return []
    return ["xvfb-run", "-a", "-s", "-screen 0 1400x1000x24"]
