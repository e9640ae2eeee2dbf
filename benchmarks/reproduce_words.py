"""What the kept numbers of ``benchmarks.reproduce`` say of some weights, for their card."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from benchmarks import published
from benchmarks.tables import markdown, number
from napari_mfif.networks.weights import PUBLISHED
from napari_mfif.training.recipe import Recipe

__all__ = ["measured_words"]

Results = dict[str, Any]

WORDS = "By `python -m benchmarks.reproduce`, {made}; docs/reproduction.md tells all of it."
NOTHING = "Not measured yet: `python -m benchmarks.reproduce`, then this command.\n"


def measured_words(results: Results, recipe: Recipe, fingerprint: str) -> str:
    """Return tables of what was measured of weights; that nothing was, where they are others."""
    name, published_set = recipe.method, recipe.name == PUBLISHED
    done = results.get("done", {})

    def is_of(*place: str) -> bool:
        return fingerprint in done.get(", ".join(place), "").split()

    parts = []
    if published_set and is_of("lytro", name):
        parts.append(_lytro(results["lytro"], name))
    pairs = results.get("pairs", {})
    if published_set and pairs and all(is_of("pairs", label, name) for label in pairs):
        parts.append(_outlines(pairs, name))
    stacks = results.get("stacks", {})
    key = f"{name}, published" if published_set and f"{name}, published" in stacks else name
    if is_of("stacks", key):
        parts.append(_stacks(stacks, key))
    return "\n" + "\n\n".join([WORDS.format(**results), *parts]) + "\n" if parts else NOTHING


def _lytro(rows: Results, name: str) -> str:
    lines = [
        [f"`{one}`", *(number(rows[one]["lossless"][m], 4) for m in published.MEASURES)]
        for one in (name, "gradient")
    ]
    return markdown(["Lytro, grey, lossless", *published.MEASURES], lines)


def _outlines(pairs: Results, name: str) -> str:
    labels = [label for label in ("photographs", "optics") if label in pairs]
    words = {"photographs": "photographs", "optics": "simulated"}
    lines = [
        [f"`{one}`", *(f"{100 * pairs[label][one]['wrong']:.1f} %" for label in labels)]
        for one in dict.fromkeys((name, "cnn", "gradient"))
        if all(one in pairs[label] for label in labels)
    ]
    return markdown(["wrong within 8 pixels of an outline", *(words[n] for n in labels)], lines)


def _stacks(stacks: Results, key: str) -> str:
    lines = []
    for one in (key, "gradient", "adaptive"):
        cells = []
        for noise in ("low", "high"):
            some = [row for row in stacks[one] if row["noise"] == noise]
            within = [row["within_one"] for row in some if row.get("within_one") is not None]
            cells += [number(fmean(row["psnr"] for row in some)), f"{100 * fmean(within):.0f} %"]
        method, comma, rest = one.partition(",")
        lines.append([f"`{method}`{comma}{rest}", *cells])
    header = ["32 simulated z-stacks", "low noise: dB", "depth", "high noise: dB", "depth"]
    return markdown(header, lines)
