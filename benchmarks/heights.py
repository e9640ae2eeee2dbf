"""What refinement of the height by a network gains: stacks of known truth.

usage: python -m benchmarks heights

The stacks of `benchmarks.refinement`, whose seeds no training uses. Writes ``results/heights.json``
and the tables of heights in ``docs/refinement.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks import keep
from benchmarks.refinement import SEEDS, UNUSUAL, put_tables, unusual
from napari_mfif import fuse
from napari_mfif.metrics import truth
from napari_mfif.simulation import KINDS, Simulation, simulate

NOISES = ("low", "high")
HOW = ("none", "network")
#: Planes of the stacks, one after the other.
PLANES = (12, 20, 32)
#: Share of the textured pixels that are the surest.
SUREST = 0.8
#: Stacks of too few planes keep their heights.
NOT_REFINED = ("2 planes", "3 planes")
#: What is measured, and the words over its columns.
MEASURES = {
    "right": "right within 1",
    "error": "mean error, planes",
    "auroc": "AUROC",
    "surest": f"right, surest {SUREST:.0%}",
}

Row = dict[str, dict[str, float]]


def measure(log: Callable[[str], None]) -> dict[str, dict[str, list[Row]]]:
    """Fuse all stacks with and without refinement of the height; return what came of it."""
    found: dict[str, dict[str, list[Row]]] = {"height_kinds": {}, "height_unusual": {}}
    for photons in NOISES:
        log(f"heights, noise {photons}")
        for kind in KINDS:
            pairs = zip(SEEDS, PLANES, strict=True)
            made = (simulate(kind, seed=s, planes=n, photons=photons) for s, n in pairs)
            found["height_kinds"][f"{kind}, {photons}"] = _compared(made)
    for name, given in UNUSUAL.items():
        if name not in NOT_REFINED:
            log(f"heights, {name}")
            found["height_unusual"][name] = _compared(unusual(given))
    return found


def _compared(stacks: Iterable[Simulation]) -> list[Row]:
    return [
        {how: _scores(made, how) for how in HOW} for made in stacks if made.textured.mean() > 0.01
    ]


def _scores(made: Simulation, how: str) -> dict[str, float]:
    fusion = fuse(made.stack, depth_refinement=how)
    where = made.textured
    depth, sure = np.asarray(fusion.depth)[where], np.asarray(fusion.confidence)[where]
    right = np.abs(depth - made.depth[where]) <= 1
    surest = sure >= np.quantile(sure, 1 - SUREST)
    return {
        "right": float(right.mean()),
        "error": truth.depth_error(depth, made.depth[where]),
        "auroc": truth.roc_auc(sure, right),
        "surest": float(right[surest].mean()),
    }


def write(found: dict[str, dict[str, list[Row]]]) -> None:
    """Put the tables into the page, between their marks."""
    kinds = dict(found["height_kinds"])
    for noise in NOISES:
        of_all = [row for name, rows in kinds.items() if name.endswith(noise) for row in rows]
        kinds[f"**all kinds, {noise}**"] = of_all
    put_tables(
        {
            "height_kinds": _table("kind, noise", kinds),
            "height_unusual": _table("stacks", found["height_unusual"]),
        }
    )


def _table(first: str, found: dict[str, list[Row]]) -> str:
    lines = [
        f"| {first} | {' | '.join(MEASURES.values())} | least gain |",
        f"|{'---|' * (len(MEASURES) + 2)}",
    ]
    for name, rows in found.items():
        if not rows:  # nothing stands above the noise
            lines.append(f"| {name} {'| - ' * (len(MEASURES) + 1)}|")
            continue
        cells = []
        for what in MEASURES:
            none, network = (_mean([row[how][what] for row in rows]) for how in HOW)
            cells.append(f"{none:.3f} → {network:.3f}" if np.isfinite(none) else "-")
        least = min(row["network"]["right"] - row["none"]["right"] for row in rows)
        lines.append(f"| {name} | {' | '.join(cells)} | {least:+.3f} |")
    return "\n".join(lines)


def _mean(values: list[float]) -> float:
    """Return the mean of those there are: where all is right there is no AUROC."""
    there = [value for value in values if np.isfinite(value)]
    return float(np.mean(there)) if there else float("nan")


def main(log: Callable[[str], None]) -> None:
    """Measure, keep and write."""
    found: dict[str, Any] = measure(log)
    keep.save("heights", found)
    write(found)
