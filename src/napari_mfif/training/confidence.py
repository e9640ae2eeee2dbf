"""What a share of the evidence is worth: measured on simulated z-stacks of known depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.methods.base import FloatMap, Region
from napari_mfif.methods.cnn import Cnn, Joint
from napari_mfif.methods.patch_scores import PatchScorer
from napari_mfif.optics import KINDS, simulate
from napari_mfif.parameters import resolve

__all__ = ["confidence_table", "monotone"]

#: Seeds of simulated stacks that no benchmark uses.
SEEDS = (90001, 90002)
#: Points of the table.
BINS = 12


def confidence_table(
    scorer: PatchScorer,
    *,
    seeds: Sequence[int] = SEEDS,
    kinds: Sequence[str] = tuple(KINDS),
    shape: tuple[int, int] = (128, 128),
    planes: int = 14,
) -> tuple[list[float], list[float]]:
    """Measure how probable a depth is right within one plane, by its share of the evidence.

    Parameters
    ----------
    scorer : PatchScorer
        The trained network.
    seeds, kinds, shape, planes
        Of the simulated stacks; each comes at low and at high noise.

    Returns
    -------
    (list, list)
        Shares in rising order, and probabilities that never fall.
    """
    shares, rights = zip(*_judged(scorer, seeds, kinds, shape, planes), strict=True)
    share, right = np.concatenate(shares), np.concatenate(rights)
    order = np.argsort(share, kind="stable")
    parts = np.array_split(order, BINS)
    middles = [float(share[part].mean()) for part in parts]
    risen = monotone(np.array([right[part].mean() for part in parts]))
    # Beyond the outer bins nothing was measured: they go on as they are.
    return [round(m, 5) for m in middles], [round(float(p), 4) for p in risen]


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


def _judged(
    scorer: PatchScorer,
    seeds: Sequence[int],
    kinds: Sequence[str],
    shape: tuple[int, int],
    planes: int,
) -> Iterator[tuple[FloatMap, NDArray[np.bool_]]]:
    """Yield share of the evidence and rightness of the pixels of each stack."""
    settings = resolve(Cnn().all_parameters(), {}, owner="cnn")
    for kind in kinds:
        for seed in seeds:
            for photons in ("low", "high"):
                made = simulate(kind, seed=seed, shape=shape, planes=planes, photons=photons)
                reader = PlaneReader(made.stack, 0)
                _, preparation = survey_stack(reader, None, settings)
                fold = Joint(Region(0, shape[0], shape[1]).shape, planes, scorer)
                for plane in reader.planes(preparation):
                    fold.take(plane)
                answer = fold.answer(plain=True)
                right = np.abs(answer.depth - made.depth) <= 1
                yield answer.confidence.ravel(), right.ravel()
