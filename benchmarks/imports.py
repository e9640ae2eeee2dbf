"""What ``import napari_mfif`` and the command line's start cost, in fresh processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["HEAVY", "measure"]

#: None of these may come along.
HEAVY = ("torch", "qtpy", "PyQt6", "PySide6", "napari", "dask", "scipy", "skimage")

_RUNS = 9


def measure() -> dict[str, Any]:
    """Return median seconds of an empty process, of the import and of the help, and what came."""
    empty = _seconds([sys.executable, "-c", "pass"])
    imported = _seconds([sys.executable, "-c", "import napari_mfif"])
    program = str(Path(sys.executable).parent / "napari-mfif")
    return {
        "empty": empty,
        "import": imported,
        "import_alone": round(imported - empty, 4),
        "help": _seconds([program, "--help"]),
        "heavy": _modules("import napari_mfif"),
        "heavy_after_names": _modules("from napari_mfif import fuse, open_stack, methods"),
    }


def _seconds(command: list[str]) -> float:
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return round(median(times), 4)


def _modules(statement: str) -> list[str]:
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    loaded = json.loads(answer.stdout)
    return [name for name in HEAVY if name in loaded]
