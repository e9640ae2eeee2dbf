"""The editable install: what it finds, what it leaves alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import napari_mfif

ROOT = Path(__file__).resolve().parents[1]
AGAIN = "run pip install -e . again"
PACKAGE = Path(napari_mfif.__file__).parent


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def imported(name: str, **environ: str) -> subprocess.CompletedProcess[str]:
    code = f"import {name} as found; print(found.__file__)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environ}
    )


def test_manifest_in_the_package_is_the_one_at_the_top() -> None:
    copy = PACKAGE / "napari.yaml"
    if not copy.is_file():
        pytest.skip("not an install of this kind: pip install -e . makes the copy")
    same = copy.read_bytes() == (ROOT / "napari.yaml").read_bytes()
    assert same, f"napari.yaml has changed since: {AGAIN}"


def test_nothing_beside_the_package_becomes_a_part_of_it() -> None:
    done = imported("napari_mfif.benchmarks")
    assert "ModuleNotFoundError" in done.stderr, f"found {done.stdout}: {AGAIN}"


def test_another_checkout_on_the_path_goes_first(tmp_path) -> None:
    package = tmp_path / "src" / "napari_mfif"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    done = imported("napari_mfif", PYTHONPATH=str(package.parent))
    assert done.stdout.strip() == str(package / "__init__.py"), AGAIN


def test_version_is_written_once() -> None:
    assert "version" in project()["project"]["dynamic"]
    assert version("napari-mfif") == napari_mfif.__version__


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    """By top-level names; what is imported where it is there may be in an extra."""
    names = {"cv2": "opencv-python-headless", "skimage": "scikit-image", "PIL": "pillow"}
    # of remote, by s3fs; of readers that somebody else installs; of napari, which draws by it
    optional = {"fsspec", "bioio", "vispy"}
    extras = project()["project"]["optional-dependencies"]
    for extra in extras.keys() - {"test", "docs"}:
        optional |= {_name(one) for one in extras[extra]}
    pattern = re.compile(r"^\s*(?:import|from) ([a-zA-Z0-9_]+)[\s.]", re.MULTILINE)
    imported = {name for path in PACKAGE.rglob("*.py") for name in pattern.findall(_code(path))}
    found = {names.get(one, one) for one in imported - sys.stdlib_module_names - {"napari_mfif"}}
    assert found - optional == {_name(one) for one in project()["project"]["dependencies"]}


def _name(requirement: str) -> str:
    return re.match(r"[\w-]+", requirement)[0]


def _code(path: Path) -> str:
    """Return a module without its strings in three quotes, which hold words like these."""
    return re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))


def test_citation_names_the_papers_of_the_networks() -> None:
    yaml = pytest.importorskip("yaml")
    from napari_mfif import methods

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["references"]
    papers = {one["notes"].removeprefix("method "): one for one in cited}
    assert set(papers) == {name for name in methods.names() if methods.get(name).neural}
    for name, paper in papers.items():
        assert str(paper["year"]) in methods.get(name).reference
        assert paper.get("doi", "") in methods.get(name).reference
        assert paper["authors"][0].get("family-names", "Guo") in methods.get(name).reference
