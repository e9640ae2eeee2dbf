"""What scores are worth: measured on simulated z-stacks of known depth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.methods.base import Answer, FloatMap, Plane, Region, Survey
from napari_mfif.methods.neural.pairwise import Comparer, PairCalibration, PairwiseMethod
from napari_mfif.methods.neural.scoring import Joint, ScoreCalibration, Scorer, ScoringMethod
from napari_mfif.methods.neural.votes import VoteFold
from napari_mfif.methods.score_peak import ScorePeak
from napari_mfif.metrics.truth import roc_auc
from napari_mfif.settings.options import PREPARATION
from napari_mfif.settings.parameters import resolve
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = [
    "STACKS",
    "folded",
    "measured_chances",
    "measured_trust",
    "monotone",
    "simulated",
    "tables",
]

#: Seeds and planes of simulated stacks that no benchmark uses; short and long ones.
STACKS = ((90001, 8), (90002, 20))
#: Temperatures to choose from, for networks whose scores differ by a few or by hundreds.
TEMPERATURES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
#: Points of the table.
BINS = 12

Judged = tuple[FloatMap, NDArray[np.bool_]]


def measured_trust(
    scorer: Scorer,
    *,
    stacks: Sequence[tuple[int, int]] = STACKS,
    kinds: Sequence[str] = tuple(KINDS),
    shape: tuple[int, int] = (128, 128),
) -> ScoreCalibration:
    """Measure how probable a depth is right within one plane, by how far its score stands out.

    Parameters
    ----------
    scorer : Scorer
        The trained network.
    stacks : sequence of (int, int)
        Seeds and planes of the simulated stacks; each comes at low and at high noise.
    kinds, shape
        What they show, and how large it is.

    Returns
    -------
    ScoreCalibration
        The temperature that best tells right from wrong, and its table.
    """
    judged: dict[float, list[Judged]] = {temperature: [] for temperature in TEMPERATURES}
    for made in simulated(stacks, kinds, shape):
        for temperature, found in _judge(scorer, made):
            judged[temperature].append(found)
    return _best(judged)


def _joined(found: Sequence[Judged]) -> Judged:
    shares, right = (np.concatenate(values) for values in zip(*found, strict=True))
    return shares, right


def _best(judged: Mapping[float, Sequence[Judged]]) -> ScoreCalibration:
    """Return the temperature that best tells right from wrong, and its table."""
    together = {t: _joined(found) for t, found in judged.items()}
    best = max(TEMPERATURES, key=lambda t: roc_auc(*together[t]))
    return _table(best, *together[best])


def tables(facts: Mapping[str, str]) -> dict[str, str]:
    """Return, for a card, the tables among what a file of weights says about itself.

    Parameters
    ----------
    facts : mapping of str
        Some are JSON objects with ``probabilities``, the values that they belong to, and numbers.

    Returns
    -------
    dict of str
        By the fact's name and ``_table``: two rows of Markdown; each number by both names.
    """
    found: dict[str, str] = {}
    for name, text in facts.items():
        if "probabilities" not in text:
            continue
        fact = json.loads(text)
        found |= {f"{name}_{k}": f"{v:g}" for k, v in fact.items() if isinstance(v, int | float)}
        key = next(k for k, v in fact.items() if isinstance(v, list) and k != "probabilities")
        rows = [fact[key], fact["probabilities"]]
        cells = [" | ".join(f"{value:.2f}" for value in row) for row in rows]
        rule = "|".join(["---"] * (len(rows[0]) + 1))
        found[f"{name}_table"] = (
            f"| {key} | {cells[0]} |\n|{rule}|\n| right within one plane | {cells[1]} |"
        )
    return found


def monotone(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the non-falling sequence nearest to some values: neighbours that fall are averaged."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, members = blocks.pop()
            mean = (mean * count + before * members) / (count + members)
            count += members
        blocks.append((mean, count))
    return np.repeat([mean for mean, _ in blocks], [count for _, count in blocks])


def _table(temperature: float, share: FloatMap, right: NDArray[np.bool_]) -> ScoreCalibration:
    """Sort pixels by share into parts of equal size; the share of right ones may not fall."""
    order = np.argsort(share, kind="stable")
    parts = np.array_split(order, BINS)
    shares = [round(float(share[part].mean()), 4) for part in parts]
    risen = monotone(np.array([right[part].mean() for part in parts]))
    return ScoreCalibration(temperature, shares, [round(float(p), 4) for p in risen])


def measured_chances(
    method: PairwiseMethod,
    comparer: Comparer,
    *,
    stacks: Sequence[tuple[int, int]] = STACKS,
    kinds: Sequence[str] = tuple(KINDS),
    shape: tuple[int, int] = (128, 128),
) -> PairCalibration:
    """Measure how probable a depth is right within one plane, by the comparisons it won.

    Parameters
    ----------
    method : PairwiseMethod
        How planes are folded.
    comparer : Comparer
        The trained network, which compares two planes.
    stacks, kinds, shape
        As for `measured_trust`.
    """
    found: list[Judged] = []
    voted: dict[float, list[Judged]] = {temperature: [] for temperature in TEMPERATURES}
    for made in simulated(stacks, kinds, shape):
        state = folded(method, comparer, made, along="sequential")
        right = np.abs(state.answer().depth - made.depth) <= 1
        found.append((state.chance[::2, ::2].ravel(), right[::2, ::2].ravel()))
        if "votes" in method.along:
            for temperature, judged in _judge_votes(method, comparer, made):
                voted[temperature].append(judged)
    table = _table(1.0, *_joined(found))
    votes = asdict(_best(voted)) if "votes" in method.along else {}
    return PairCalibration(table.shares, table.probabilities, votes)


def simulated(
    stacks: Sequence[tuple[int, int]], kinds: Sequence[str], shape: tuple[int, int]
) -> Iterator[Simulation]:
    """Yield simulated z-stacks of all kinds, each at low and at high noise."""
    for kind in kinds:
        for seed, planes in stacks:
            for photons in ("low", "high"):
                yield simulate(kind, seed=seed, shape=shape, planes=planes, photons=photons)


def folded(
    method: ScoringMethod | PairwiseMethod, network: Any, made: Simulation, *, along: str = ""
) -> Any:
    """Fold a simulated stack as a method does with its defaults, and return the state."""
    settings = resolve(method.all_parameters(), {}, owner=method.name)
    settings["along"] = along or method.along[0]
    survey, planes = _prepared(made)
    state = method.fold(network, Region.whole(made.stack.plane_shape), settings, survey)
    for plane in planes:
        state.update(plane)
    return state


def _prepared(made: Simulation) -> tuple[Survey, Iterator[Plane]]:
    """Return what a quick look at a simulated stack tells, and its planes as methods see them."""
    settings = resolve(PREPARATION, {}, owner="preparation")
    reader = PlaneReader(made.stack, 0)
    survey, preparation = survey_stack(reader, None, settings)
    return survey, reader.planes(preparation)


def _judge(scorer: Scorer, made: Simulation) -> Iterator[tuple[float, Judged]]:
    """Yield, per temperature, the shares of a stack's pixels and which of them are right."""
    shape = made.stack.plane_shape
    _, seen = _prepared(made)
    maps = [scorer.compared(scorer(plane.guide), shape) for plane in seen]
    blank = np.zeros((1, 1), np.float32)
    for temperature in TEMPERATURES:
        fold = _Known(shape, scorer, maps, temperature)
        for index in range(len(maps)):
            fold.update(Plane(index, blank, blank))
        answer = fold.answer(plain=True)
        right = np.abs(answer.depth - made.depth) <= 1
        yield temperature, (answer.confidence[::2, ::2].ravel(), right[::2, ::2].ravel())


def _judge_votes(
    method: PairwiseMethod, comparer: Comparer, made: Simulation
) -> Iterator[tuple[float, Judged]]:
    """Yield, per temperature, what votes say of a stack's pixels and which of them are right."""
    kept = _Kept(comparer)
    folded(method, kept, made, along="votes")
    for temperature in TEMPERATURES:
        answer = kept.again(made, temperature)
        right = np.abs(answer.depth - made.depth) <= 1
        yield temperature, (answer.confidence[::2, ::2].ravel(), right[::2, ::2].ravel())


class _Kept:
    """A comparer whose logits are kept, so that votes can be counted again."""

    softness_per_noise = None

    def __init__(self, comparer: Comparer) -> None:
        self._comparer, self._found = comparer, list[FloatMap]()
        self.calibration = PairCalibration()

    def encoded(self, plane: FloatMap) -> Any:
        """Return the comparer's own form of a plane."""
        return self._comparer.encoded(plane)

    def logits(self, first: Any, second: Any) -> FloatMap:
        """Return the comparer's logits."""
        self._found.append(self._comparer.logits(first, second))
        return self._found[-1]

    def again(self, made: Simulation, temperature: float) -> Answer:
        """Return the answer of the same votes at another temperature, shares as confidence."""
        told = iter(self._found)
        replay = SimpleNamespace(
            calibration=PairCalibration(votes={"temperature": temperature}),
            encoded=lambda plane: plane,
            logits=lambda first, second: next(told),
        )
        shape = made.stack.plane_shape
        fold, blank = VoteFold(shape, made.stack.n_planes, replay), np.zeros((1, 1), np.float32)
        for index in range(made.stack.n_planes):
            fold.update(Plane(index, blank, blank))
        return fold.answer(plain=True)


class _Known(Joint):
    """Takes score maps that are known already."""

    def __init__(
        self, shape: tuple[int, int], scorer: Scorer, maps: Sequence[FloatMap], temperature: float
    ) -> None:
        super().__init__(shape, len(maps), scorer, smooth=True)
        self.peak = ScorePeak(scorer.map_shape(shape), temperature)
        self._next = iter(maps)

    def _scores(self, plane: Plane) -> FloatMap:
        return next(self._next)
