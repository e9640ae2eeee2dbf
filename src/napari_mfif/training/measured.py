"""What is measured of a trained network: worth of its answers, a sample of them, half precision."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import nn

from napari_mfif.methods import registry
from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.neural.base import Trained
from napari_mfif.methods.neural.pairwise import PairwiseMethod
from napari_mfif.methods.neural.scoring import Scorer, ScoringMethod
from napari_mfif.networks.precision import HALVES
from napari_mfif.simulation import KINDS
from napari_mfif.training.confidence import (
    STACKS,
    folded,
    measured_chances,
    measured_trust,
    simulated,
)
from napari_mfif.training.softness import measured_softness

__all__ = ["check_planes", "check_scores", "half_precision", "half_words", "measured", "unchanging"]

#: Simulated z-stacks on which precisions are compared, that no benchmark uses: seed, planes, shape.
HALF_STACKS, HALF_SHAPE = ((90003, 6),), (96, 96)
#: A network is run in half precision where this share of its decisions changes at most.
UNCHANGED = 0.002


def measured(
    method: str,
    network: nn.Module,
    stacks: Sequence[tuple[int, int]] = STACKS,
    *,
    soft: bool = False,
) -> tuple[dict[str, str], dict[str, str]]:
    """Measure a trained network.

    Parameters
    ----------
    method : str
        Whose network it is.
    network : Module
        On the processor, in float32.
    stacks : sequence of (int, int), optional
        See `napari_mfif.training.confidence.measured_trust`.
    soft : bool, optional
        Measure at which temperature planes are averaged, too: z-stacks are then averaged.

    Returns
    -------
    facts : dict of str
        What the file of weights is to say: the worth of the answers, and the softness.
    seen : dict of str
        What the card is to say: a sample of the answers, and what half precision changes.
    """
    used: Any = registry.get(method)
    trained = used.network(network)
    if isinstance(used, ScoringMethod):
        facts = measured_trust(trained, stacks=stacks).facts()
    else:
        facts = measured_chances(used, trained, stacks=stacks).facts()
    if soft:
        facts |= measured_softness(used, trained)
    return facts, {"check_scores": check_scores(trained), **half_precision(used, network)}


def check_planes() -> tuple[FloatMap, FloatMap]:
    """Return the planes that a card's check scores belong to, (48, 40)."""
    rows, columns = np.mgrid[:48, :40].astype(np.float32)
    wave = np.sin(rows * columns / 40) * np.exp(-columns / 40)
    plane = np.asarray(0.5 + 0.4 * wave, np.float32)
    return plane, np.ascontiguousarray(plane[:, ::-1])


def check_scores(trained: Trained) -> str:
    """Return some of the answers to `check_planes`, one after the other, as JSON."""
    first, second = check_planes()
    judge: Any = trained
    found = judge(first) if isinstance(trained, Scorer) else judge(first, second)
    step = min(found.shape) // 3
    return json.dumps([round(float(value), 3) for value in found[::step, ::step].ravel()])


def half_precision(method: ScoringMethod | PairwiseMethod, network: nn.Module) -> dict[str, str]:
    """Return what stays in float32, and which share of decisions half precision changes."""
    kind: Any = method.network
    judges = {name: kind(network, precision=name) for name in ("float32", "bfloat16", "float16")}
    changed: dict[str, list[float]] = {name: [] for name in judges}
    for made in simulated(HALF_STACKS, tuple(KINDS), HALF_SHAPE):
        found = {n: folded(method, judge, made).answer().decision for n, judge in judges.items()}
        for name, decision in found.items():
            changed[name].append(float((decision != found["float32"]).mean()))
    kept = ", ".join(getattr(network, "in_float32", ())) or "nothing"
    return {"in_float32": kept} | {
        f"changed_by_{name}": f"{np.mean(shares):.5f} (at most {max(shares):.5f})"
        for name, shares in changed.items()
        if name != "float32"
    }


def unchanging(seen: Mapping[str, str]) -> tuple[str, ...]:
    """Return the half precisions that a network may be run in, by the facts of its card."""
    changed = {name: float(seen[f"changed_by_{name}"].partition(" ")[0]) for name in HALVES}
    return tuple(name for name, share in changed.items() if share < UNCHANGED)


def half_words(seen: Mapping[str, str]) -> str:
    """Return the section of a card on half precision, Markdown."""
    stacks = 2 * len(HALF_STACKS) * len(KINDS)
    halves = " or ".join(unchanging(seen)) or "none"
    fixed = {"stacks": stacks, "planes": HALF_STACKS[0][1], "side": HALF_SHAPE[0]}
    return HALF.format(halves=halves, **fixed, **seen)


HALF = """## Half precision

`precision="auto"` computes in half precision where the hardware is made for it and fewer than 2 in
1000 decisions change with each set of weights of the method; with this one, in: {halves}. What
stays in float32: {in_float32}. Shares of the decisions that change, all over and in the worst of
{stacks} simulated z-stacks ({planes} planes of {side} x {side}, low and high noise):
{changed_by_bfloat16} in bfloat16, {changed_by_float16} in float16."""
