"""Every block of Python and every command in the docs runs as written, from top to bottom."""

from __future__ import annotations

import os
import re
import shlex
import textwrap
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_mfif.cli import main
from napari_mfif.io import write_image

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^( *)```(python|console)\n(.*?)^ *```", re.S | re.M)
PAGES = [
    page
    for page in sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    if BLOCK.search(page.read_text(encoding="utf-8"))
]


@pytest.fixture
def files(slope, tmp_path, monkeypatch) -> Path:
    """Write the files that the docs speak of into an empty folder, and go there."""
    monkeypatch.chdir(tmp_path)
    planes = slope[0]
    sizes = {"pixel_size": (0.2, 0.2), "z_step": 0.5, "unit": "um"}
    for name in ("pollen", "pollen2", "drifting"):
        write_image(f"{name}.ome.tif", planes, axes="ZYX", **sizes)
    for name in ("cells", "cells2"):
        both = np.stack([planes, planes[::-1]])
        write_image(f"{name}.ome.tif", both, axes="CZYX", channel_names=("DAPI", "GFP"), **sizes)
    os.mkdir("planes")
    for number, plane in enumerate(planes):
        tifffile.imwrite(f"planes/pollen_z{number:02}.tif", plane)
    os.mkdir("beads")
    for sample in (1, 2):
        for number, plane in enumerate(planes):
            tifffile.imwrite(f"beads/bead{sample}_{number:02}.tif", plane)
    os.mkdir("experiment")
    write_image("experiment/a.ome.tif", planes, axes="ZYX", **sizes)
    return tmp_path


@pytest.fixture
def mosaic(files, slope) -> None:
    """Write a stack large enough to be looked at in parts."""
    import zarr

    zarr.save_array("mosaic.zarr", np.tile(slope[0], (1, 15, 6)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_on_a_page_runs(page, files, request) -> None:
    text = page.read_text(encoding="utf-8")
    if "mosaic.zarr" in text:
        request.getfixturevalue("mosaic")
    names: dict[str, object] = {}
    for _, language, code in BLOCK.findall(text):
        if language == "python":
            exec(textwrap.dedent(code), names)
        else:
            run_commands(textwrap.dedent(code))


def run_commands(lines: str) -> None:
    for line in lines.splitlines():
        program, *words = shlex.split(line, comments=True) or [""]
        if program == "napari-mfif":
            assert main(words) == 0, line
        else:
            assert program in {"", "pip", "make", "python"}, line
