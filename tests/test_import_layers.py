"""The package starts light."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from napari_mfif.io import write_image

HEAVY = {"torch", "qtpy", "PyQt6", "napari", "dask", "scipy", "skimage", "zarr"}


def modules_after(code: str) -> set[str]:
    """Return the top-level modules that are loaded after running some code in a fresh process."""
    report = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_brings_neither_torch_nor_qt_nor_napari() -> None:
    loaded = modules_after("import napari_mfif")
    assert not loaded & {*HEAVY, "numpy"}


def test_classical_fusion_needs_no_torch() -> None:
    loaded = modules_after(
        "import numpy, napari_mfif\n"
        "napari_mfif.fuse(numpy.random.default_rng(0).random((4, 33, 41)), method='gradient')"
    )
    assert not loaded & HEAVY


def command(words: list[str]) -> str:
    """Return code that runs the command line and goes on where it ends the process."""
    return (
        "import contextlib, io\nfrom napari_mfif.cli import main\n"
        "said = io.StringIO()\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(said):\n"
        f"    main({words!r})\n"
        "assert said.getvalue()"
    )


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["fuse", "--help"], ["batch", "-h"]])
def test_help_needs_no_numpy(words) -> None:
    assert not modules_after(command(words)) & {*HEAVY, "numpy", "cv2", "tifffile"}


@pytest.mark.parametrize("method", ["adaptive", "gradient"])
def test_fusing_a_file_loads_what_it_takes_and_no_more(method, tmp_path) -> None:
    pixels = np.random.default_rng(0).integers(0, 999, (4, 33, 41), np.uint16)
    write_image(tmp_path / "a.ome.tif", pixels, axes="ZYX")
    words = ["fuse", str(tmp_path / "a.ome.tif"), "-o", str(tmp_path / "b.ome.tif")]
    loaded = modules_after(command([*words, "--method", method]))
    rare = {"asyncio", "difflib", "multiprocessing", "tempfile", "tqdm", "uuid"}
    assert not loaded & (HEAVY | rare)
