"""``python -m benchmarks.ablations --photos FOLDER``: the papers' comparisons, at a small scale.

Each network is trained small and briefly, as by default and with one switch of
`napari_mfif.training.switches` set otherwise, from two seeds; held-back pictures judge all alike.
What is done is kept in ``benchmarks/results/ablations.json``, and a run that is stopped goes on
from there. Such networks are far from trained: differences below those between seeds say nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from benchmarks import keep
from napari_mfif.training import RECIPES
from napari_mfif.training.data import Pictures, read_pictures
from napari_mfif.training.loop import run
from napari_mfif.training.recipe import Recipe
from napari_mfif.training.switches import as_words, chosen

__all__ = ["NAME", "RUNS", "SEEDS"]

NAME = "ablations"
SEEDS = (0, 1)
#: Steps of a run, and what makes it small, by method.
SMALL: dict[str, tuple[int, dict[str, Any]]] = {
    "cnn": (60, {}),
    "fd-fcn": (80, {}),
    "mfif-gan": (150, {"width": 8, "adversarial": "none"}),
    "ufa-fuse": (120, {"width": 16}),
}
#: One switch at a time; the first of a method is the default.
RUNS: dict[str, tuple[dict[str, Any], ...]] = {
    "mfif-gan": (
        {},
        {"reconstruction": "bce"},
        {"squeeze": False},
        {"pairs": "alpha-matte"},
        {"pairs": "conventional"},
    ),
    "ufa-fuse": ({}, {"attention": "channel"}, {"attention": "spatial"}, {"attention": "none"}),
    "cnn": ({}, {"levels": 3}),
    "fd-fcn": ({}, {"loss": "labels"}),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is not kept yet; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablations", description=__doc__)
    parser.add_argument(
        "--photos", type=Path, default=keep.BESIDE / "photos", help="sharp pictures"
    )
    parser.add_argument("--fresh", action="store_true", help="train all again")
    given = parser.parse_args(arguments)
    kept = {} if given.fresh else keep.load(NAME)
    pictures = read_pictures(given.photos, seed=0)
    for method, words, recipe, seed in runs():
        key = f"{method}; {words}; seed {seed}"
        if key in kept:
            continue
        began = time.process_time()
        kept[key] = trained(recipe, pictures, seed)
        kept[key]["cpu_s"] = round(time.process_time() - began, 1)
        keep.save(NAME, kept)
        print(key, kept[key], flush=True)
    return 0


def runs() -> Iterator[tuple[str, str, Recipe, int]]:
    """Yield method, switches in words, recipe and seed of every run."""
    for seed in SEEDS:
        for method, variants in RUNS.items():
            steps, small = SMALL[method]
            recipe: Recipe = import_module(RECIPES[method]).RECIPE
            assert recipe.vary is not None
            for variant in variants:
                words = as_words(method, chosen(method, "published", variant)) or "default"
                varied = recipe.vary(recipe, chosen(method, "published", small | variant))
                plan = replace(varied.plan, steps=steps, every=steps)
                yield method, words, replace(varied, plan=plan), seed


def trained(recipe: Recipe, pictures: Pictures, seed: int) -> dict[str, float]:
    """Return the held-back scores of a network that was trained by a recipe."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = recipe.network()
    loss, judge = recipe.loss(pictures.train, "cpu"), recipe.judge(pictures.held_back, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        plan = replace(recipe.plan, seed=seed)
        scores = run(network, loss, judge, plan, Path(folder), quiet=True)
    return {name: round(value, 4) for name, value in scores.items()}


if __name__ == "__main__":
    raise SystemExit(main())
