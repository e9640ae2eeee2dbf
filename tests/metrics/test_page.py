"""The page about the measures."""

import runpy
from pathlib import Path

from napari_mfif.metrics.registry import MEASURES

ROOT = Path(__file__).resolve().parents[2]


def test_page_of_measures_is_up_to_date():
    made = runpy.run_path(str(ROOT / "docs" / "make_metrics.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run: python docs/make_metrics.py"
    )


def test_page_names_every_measure():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert all(f"### {name}\n" in text for name in MEASURES)
