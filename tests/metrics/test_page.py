"""The page about the measures, and what all of them together cost."""

import runpy
import time
from pathlib import Path

import cv2
import numpy as np

from napari_mfif.metrics.evaluation import evaluate
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


def test_all_measures_of_a_pair_take_less_than_two_seconds():
    rng = np.random.default_rng(3)
    scene = cv2.GaussianBlur(rng.integers(0, 256, (520, 520), np.uint8), (0, 0), 1)
    soft = cv2.GaussianBlur(scene, (0, 0), 3)
    left = np.arange(520)[None] < 260
    sources = [np.where(left, scene, soft), np.where(left, soft, scene)]
    start = time.process_time()  # of this process, whatever else the machine does
    evaluate(scene, sources=sources, measures=MEASURES)
    assert time.process_time() - start < 2
