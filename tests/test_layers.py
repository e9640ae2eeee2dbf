"""The package starts light."""

from __future__ import annotations

import subprocess
import sys


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that are loaded after running some code in a fresh process."""
    report = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_brings_neither_torch_nor_qt_nor_napari() -> None:
    loaded = modules_after("import napari_mfif")
    assert not loaded & {"torch", "qtpy", "PyQt6", "napari", "dask", "scipy", "skimage", "numpy"}


def test_classical_fusion_needs_no_torch() -> None:
    loaded = modules_after(
        "import numpy, napari_mfif\n"
        "napari_mfif.fuse(numpy.random.default_rng(0).random((4, 33, 41)), method='gradient')"
    )
    assert not loaded & {"torch", "qtpy", "napari", "dask", "scipy", "skimage"}
