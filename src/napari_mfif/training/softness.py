"""At which temperature the planes of a z-stack are averaged: measured on simulated stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.methods.base import FloatMap, Region
from napari_mfif.methods.neural.base import SOFTNESS
from napari_mfif.methods.neural.pairwise import PairwiseMethod
from napari_mfif.methods.neural.scoring import ScoringMethod
from napari_mfif.methods.score_peak import ScorePeak
from napari_mfif.methods.soft_peak import SoftPeak
from napari_mfif.metrics.truth import psnr
from napari_mfif.postprocess.composition import rounded
from napari_mfif.settings.options import PREPARATION
from napari_mfif.settings.parameters import resolve
from napari_mfif.simulation import KINDS, Simulation, simulate

__all__ = ["LEVELS", "STACKS", "averaging_words", "measured_softness"]

#: Seeds and planes of the stacks, that no benchmark uses, and photons at white.
STACKS = ((90001, 8), (90002, 20))
LEVELS = (5000.0, 1500.0, 400.0, 150.0, 80.0)
#: Temperatures to choose from, for a noise of 1.
CANDIDATES = tuple(2 ** (step / 2) for step in range(0, 21))


#: What a card says of averaging; the table is written by the command in it.
AVERAGING = """\
## On z-stacks

Planes are averaged, each with the weight exp((score - best score) / temperature). The temperature
is {softness} times the standard deviation of the noise (at the middle brightness, where planes span
0 to 1): what makes the best images of simulated stacks at five levels of noise (seeds that no
training and no benchmark uses). A stack without noise is copied.

<!-- python -m benchmarks.along {method} --cards -->
<!-- end -->"""


def averaging_words(method: str, softness: str) -> str:
    """Return the section of a card on z-stacks, for weights that average planes."""
    return AVERAGING.format(method=method, softness=softness)


def measured_softness(
    method: ScoringMethod | PairwiseMethod,
    trained: Any,
    *,
    stacks: Sequence[tuple[int, int]] = STACKS,
    kinds: Sequence[str] = tuple(KINDS),
    shape: tuple[int, int] = (128, 128),
) -> dict[str, str]:
    """Return what a file of weights is to say: the temperature that makes the best images.

    Parameters
    ----------
    method : Method
        How planes are folded.
    trained : Scorer or Comparer
        The network.
    stacks, kinds, shape
        Seeds and planes, what they show, and how large they are.
    """
    found = [
        _judged(method, trained, simulate(kind, seed=seed, shape=shape, planes=n, photons=level))
        for kind in kinds
        for seed, n in stacks
        for level in LEVELS
    ]
    best = int(np.argmax(np.mean(found, axis=0)))
    return {SOFTNESS: f"{CANDIDATES[best]:.4g}"}


def _judged(method: ScoringMethod | PairwiseMethod, trained: Any, made: Simulation) -> list[float]:
    """Return the PSNR of a stack's image at each of the temperatures."""
    settings = resolve(method.all_parameters(), {"composition": "copy"}, owner=method.name)
    settings["along"] = method.along[0]
    reader = PlaneReader(made.stack)
    survey, preparation = survey_stack(reader, None, resolve(PREPARATION, {}, owner="preparation"))
    state: Any = method.fold(trained, Region.whole(made.stack.plane_shape), settings, survey)
    state.peak = told = _Told(state.peak.index.shape)
    planes = []
    for plane in reader.planes(preparation):
        state.update(plane)
        planes.append(plane.pixels.copy())
    state.answer()  # brings the last scores
    found = []
    for one in CANDIDATES:
        softness = one * survey.noise.deviation
        image = _averaged(told.scores, planes, softness, made.stack.dtype)
        found.append(psnr(image.reshape(made.image.shape), made.image))
    return found


def _averaged(
    scores: list[FloatMap], planes: list[NDArray[Any]], softness: float, dtype: np.dtype[Any]
) -> NDArray[Any]:
    peak = SoftPeak(scores[0].shape, 1.0, softness)
    for one, pixels in zip(scores, planes, strict=True):
        peak.take(pixels)
        peak.update(one)
    made = peak.pixels()
    assert made is not None
    return rounded(made, dtype)


class _Told(ScorePeak):
    """Keeps all scores; so do its copies."""

    def __init__(self, shape: tuple[int, int]) -> None:
        super().__init__(shape, 1.0)
        self.scores: list[FloatMap] = []

    def update(self, scores: FloatMap, wins: NDArray[np.bool_] | None = None) -> None:
        """Note the scores of the next plane."""
        super().update(scores, wins)
        self.scores.append(scores)
