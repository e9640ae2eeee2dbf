"""A trained judge of sharpness: the convolutional network of Liu, Chen, Peng and Wang 2017.

The network gives one number per plane and 16 x 16 patch, so planes need one pass each and may come
in any order. For two planes the answer is the paper's focus map.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.running_best import parabola_peak
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.methods.patch_scores import (
    CONTEXT,
    PATCH,
    STRIDE,
    PatchScorer,
    enlarge,
    load_scorer,
    spread,
)
from napari_mfif.parameters import Parameter, Settings

__all__ = ["Cnn", "Joint", "Sequential"]

FORM = Parameter(
    "form",
    str,
    "collapsed",
    "How the network is written; all forms compare alike, the collapsed one is the fastest.",
    choices=("collapsed", "slight", "full"),
    advanced=True,
)


class Cnn(Method):
    """Focus scores of a convolutional network; the best plane wins, or the result so far."""

    name: ClassVar[str] = "cnn"
    title: ClassVar[str] = "CNN (Liu 2017)"
    summary: ClassVar[str] = (
        "A trained judge of sharpness; copies pixels. Best for two photographs; slow without a GPU."
    )
    reference: ClassVar[str] = (
        "Liu, Chen, Peng, Wang 2017, Information Fusion 36, 10.1016/j.inffus.2016.12.001"
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (FORM,)
    along: ClassVar[tuple[str, ...]] = ("joint", "sequential")
    neural: ClassVar[bool] = True
    #: A pixel asks for all patches that cover it, and these for their context.
    tile_halo: ClassVar[int] = PATCH + CONTEXT
    stride: ClassVar[int] = STRIDE

    def begin(self, region: Region, settings: Settings, survey: Survey) -> Joint:
        """Load the network and make an empty state."""
        scorer = load_scorer(settings.get("device", "cpu"), settings.get("form", FORM.default))
        fold = Sequential if settings.get("along") == "sequential" else Joint
        return fold(region.shape, survey.n_planes, scorer)

    def take(self, state: Joint, plane: Plane) -> None:
        """Compare the plane's focus scores with those of the best or of the result so far."""
        state.take(plane)

    def finish(self, state: Joint) -> Answer:
        """Return the answer so far."""
        return state.answer()

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return `g`, averaged over the patches that cover a pixel: a logit."""
        scorer = load_scorer(settings.get("device", "cpu"), settings.get("form", FORM.default))
        shape = plane.decide.shape
        return enlarge(spread(scorer(plane.decide), shape), shape)

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: ten maps at half the size, and a padded plane."""
        return 24


class Joint:
    """Which plane has the best score, and what its neighbours have; maps at half the size.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the region.
    n_planes : int
        How many planes will come.
    scorer : PatchScorer
        Gives the scores.
    """

    def __init__(self, shape: tuple[int, int], n_planes: int, scorer: PatchScorer) -> None:
        half = (-(-shape[0] // STRIDE), -(-shape[1] // STRIDE))
        self.shape, self.n_planes, self.scorer = shape, n_planes, scorer
        self.taken = 0
        self.index = np.zeros(half, np.uint16)
        self.best = np.full(half, -np.inf, np.float32)
        self.before, self.after = np.full_like(self.best, np.nan), np.full_like(self.best, np.nan)
        self.previous = self.after
        #: Sum over all planes of exp(score - best).
        self.total = np.zeros(half, np.float32)
        #: Of two planes: the scores of their patches.
        self.patches: list[FloatMap] = []

    def take(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        self._remember(scores, scores > self.best, plane.index)

    def _scores(self, plane: Plane) -> FloatMap:
        patches = self.scorer(plane.decide)
        if self.n_planes == 2:
            self.patches.append(patches)
        return spread(patches, self.shape)

    def _remember(self, scores: FloatMap, wins: NDArray[np.bool_], index: int) -> None:
        """Take scores into the running maps; the plane wins where it says so."""
        if self.taken:
            np.copyto(self.after, scores, where=self.index == index - 1)
        best = np.where(wins, scores, self.best)
        with np.errstate(over="ignore"):  # far above the best of a sequence: no confidence
            self.total = self.total * np.exp(self.best - best) + np.exp(scores - best)
        np.copyto(self.before, self.previous, where=wins)
        np.copyto(self.after, np.nan, where=wins)
        np.copyto(self.index, np.uint16(index), where=wins)
        self.best, self.previous = best, scores
        self.taken += 1

    def answer(self, *, plain: bool = False) -> Answer:
        """Return depth with fractions, decision and confidence of the planes so far.

        Parameters
        ----------
        plain : bool, optional
            Give the share of the evidence itself, not the confidence it is worth.
        """
        if len(self.patches) == 2:
            return self._pair()
        # A missing neighbour stands as high as the best: no fraction that way.
        sides = [np.where(np.isnan(m), self.best, m) for m in (self.before, self.after)]
        depth = self.index + parabola_peak(sides[0], self.best, sides[1])
        share = self.share()
        maps = (np.maximum(depth, 0), self.index, share if plain else self.scorer.confidence(share))
        return Answer(*(enlarge(m, self.shape) for m in maps))

    def share(self) -> FloatMap:
        """Return the part of the evidence, 0 to 1, for the best plane and its neighbours.

        As the network was trained, exp(score) weighs the planes like a softmax.
        """
        near = np.ones_like(self.best)
        for neighbour in (self.before, self.after):
            near += np.nan_to_num(np.exp(np.minimum(neighbour - self.best, 0)), nan=0.0)
        return np.clip(near / np.maximum(self.total, 1), 0, 1)

    def _pair(self) -> Answer:
        """Return the paper's focus map (3.4.1), of the second plane, and its threshold (3.4.2)."""
        preferred = 1 / (1 + np.exp(np.clip(self.patches[0] - self.patches[1], -80, 80)))
        weight = enlarge(spread(preferred, self.shape), self.shape)
        decision = (weight > 0.5).astype(np.uint16)
        confidence = np.maximum(weight, 1 - weight)
        return Answer(decision.astype(np.float32), decision, confidence, weight=weight)


class Sequential(Joint):
    """The result so far against the next plane, as the papers fuse more than two.

    The pixels of the result come from several planes, so its patches are scored again after each
    one: twice the cost of `Joint`, and the order of the planes matters.
    """

    def __init__(self, shape: tuple[int, int], n_planes: int, scorer: PatchScorer) -> None:
        super().__init__(shape, n_planes, scorer)
        self.fused = np.zeros(shape, np.float32)

    def take(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        so_far = self.best
        if self.taken > 1:
            so_far = spread(self.scorer(self.fused), self.shape)
        wins = scores > so_far
        np.copyto(self.fused, plane.decide, where=enlarge(wins, self.shape))
        self._remember(scores, wins, plane.index)
