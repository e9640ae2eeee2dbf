"""What the documentation says is so."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_mfif import methods

ROOT = Path(__file__).resolve().parents[1]


def test_page_of_parameters_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_parameters.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run: python docs/make_parameters.py"
    )


def test_readme_names_every_method_and_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in methods.names():
        assert f"| `{name}` |" in text


def test_readme_python_runs(slope, tmp_path, monkeypatch) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite("pollen.ome.tif", slope[0], metadata={"axes": "ZYX"})
    names: dict[str, object] = {}
    exec(code, names)
    assert Path("pollen_in_focus.ome.tif").exists()
    assert isinstance(names["cleaner"].image, np.ndarray)


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=str)
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_lazy_python_of_the_large_page_runs(slope, tmp_path, monkeypatch) -> None:
    import zarr

    text = (ROOT / "docs" / "large.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    monkeypatch.chdir(tmp_path)
    zarr.save_array("mosaic.zarr", np.tile(slope[0], (1, 15, 6)))
    exec(code, {})
    assert tifffile.imread("fused.ome.tif").shape == (1005, 558)
