"""Ways along z and sets of weights: networks on simulated z-stacks, beside other methods.

usage: python -m benchmarks.along [METHOD...] [--cards | --one-order]

Eight kinds of stacks, 12 planes of 128 x 128, seeds that no training and no calibration has seen.
With --cards the table of a method is also written onto the card of its weights for z-stacks. With
--one-order planes are compared in the order of the stack alone, by the weights for z-stacks: what
comparing them in either order is worth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from napari_mfif import Fusion, fuse
from napari_mfif.methods import registry
from napari_mfif.methods.neural import votes
from napari_mfif.metrics.truth import psnr, share_within
from napari_mfif.networks.weights import CARD, folder_of, sets
from napari_mfif.simulation import KINDS, Simulation, simulate

SEEDS = (300, 301)
SHAPE, PLANES = (128, 128), 12
BEGINS, ENDS = "<!-- python -m benchmarks.along {name} --cards -->", "<!-- end -->"

HEAD = (
    "| | low noise: dB copied | dB averaged | depth within one plane "
    "| high noise: dB copied | dB averaged | depth within one plane |",
    "|---|---|---|---|---|---|---|",
)
NOTHING = "\u2013"

Given = Mapping[str, str]


def main(words: list[str]) -> None:
    """Print a table in Markdown."""
    names = [word for word in words if not word.startswith("-")]
    print(*HEAD, sep="\n", flush=True)
    if "--one-order" in words:
        votes.is_turned = lambda plane, offset: False
        for name in names:
            given = {"along": "votes", "weights": sets(name)[-1]}
            shown(row(name, given).replace("votes", "votes in one order"))
        return
    others = [shown(row("gradient", {})), shown(row("adaptive", {}))]
    for name in names or ["cnn", "fd-fcn", "boundary-aware", "mfif-gan", "ufa-fuse"]:
        own = [shown(row(name, given)) for given in ways(name)]
        if "--cards" in words:
            write_card(name, [*HEAD, *others, *own])


def shown(line: str) -> str:
    """Print a line of the table."""
    print(line, flush=True)
    return line


def ways(name: str) -> list[Given]:
    """Return all sets of weights and ways along z of a method."""
    return [
        {"along": along, "weights": which}
        for which in sets(name)
        for along in registry.get(name).along
    ]


def row(method: str, given: Given) -> str:
    """Return a row of the table."""
    cells = [cell for photons in ("low", "high") for cell in scores(method, given, photons)]
    label = ", ".join([f"`{method}`", *given.values()])
    return f"| {label} | {' | '.join(cells)} |"


def scores(method: str, given: Given, photons: str) -> Iterator[str]:
    """Yield PSNR, copied and averaged, and share within one plane, means over all stacks."""
    found = [
        judge(fuse(made.stack, method=method, **given), made)
        for kind in KINDS
        for seed in SEEDS
        for made in [simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons=photons)]
    ]
    copied, averaged, within = np.nanmean(found, axis=0)
    makes = registry.get(method).makes_pixels(given, PLANES)
    yield from (f"{copied:.2f}", f"{averaged:.2f}" if makes else NOTHING, f"{within:.3f}")


def judge(fusion: Fusion, made: Simulation) -> tuple[float, float, float]:
    """Return PSNR copied and as made, and the share of depths right within one plane."""
    copied = fuse(made.stack, decision=fusion.decision).image
    within = share_within(fusion.depth, made.depth, where=made.textured)
    return psnr(copied, made.image), psnr(fusion.image, made.image), within


def write_card(name: str, table: list[str]) -> Path:
    """Write a table onto the card of a method's weights for z-stacks, between its two marks."""
    card = folder_of(name, sets(name)[-1]) / CARD
    before, begins, rest = card.read_text(encoding="utf-8").partition(BEGINS.format(name=name))
    _, ends, after = rest.partition(ENDS)
    if not ends:
        raise SystemExit(f"{card} has no place for a table: {BEGINS.format(name=name)} and {ENDS}.")
    made = "\n".join([before + begins, *table, ends + after])
    card.write_text(made, encoding="utf-8", newline="\n")
    return card


if __name__ == "__main__":
    main(sys.argv[1:])
