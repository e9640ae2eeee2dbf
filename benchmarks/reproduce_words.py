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


def measured_words(results: Results, recipe: Recipe, sha256: str) -> str:
    """Return tables of what was measured of weights; that nothing was, where they are others."""
    published_set = recipe.name == PUBLISHED
    label = recipe.method if published_set else f"{recipe.method}/{recipe.name}"
    if results.get("weights", {}).get(label) != sha256[:12]:
        return NOTHING
    parts = [WORDS.format(made=results["made"])]
    rows = results.get("lytro", {})
    if published_set and {recipe.method, "gradient"} <= rows.keys():
        parts.append(_lytro(rows, recipe.method))
    pairs = results.get("pairs", {})
    if published_set and pairs:
        parts.append(_outlines(pairs, recipe.method))
    stacks = results.get("stacks", {})
    own = f"{recipe.method}, published"
    key = own if published_set and own in stacks else recipe.method
    if {key, "gradient", "adaptive"} <= stacks.keys():
        parts.append(_stacks(stacks, key))
    return "\n" + "\n\n".join(parts) + "\n"


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
