"""A trained judge of sharpness: the convolutional network of Liu, Chen, Peng and Wang 2017.

The network gives one number per plane and 16 x 16 patch, so planes need one pass each and may come
in any order. For two planes the answer is the paper's focus map.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from napari_mfif.kernels.along_z import binomial_mean
from napari_mfif.methods.base import SMOOTH_ALONG_Z, Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.methods.patch_scores import (
    CONTEXT,
    PATCH,
    STRIDE,
    PatchScorer,
    enlarge,
    load_scorer,
    spread,
)
from napari_mfif.methods.score_peak import ScorePeak
from napari_mfif.parameters import Parameter, Settings

__all__ = ["Cnn", "Joint", "Sequential"]

#: Focus maps as near to one half as this are undecided.
TIE = 1e-5
#: More rows than any plane has.
EVERYTHING = 1 << 24

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
    parameters: ClassVar[tuple[Parameter, ...]] = (SMOOTH_ALONG_Z, FORM)
    along: ClassVar[tuple[str, ...]] = ("joint", "sequential")
    neural: ClassVar[bool] = True
    #: A pixel asks for all patches that cover it, and these for their context.
    tile_halo: ClassVar[int] = PATCH + CONTEXT
    stride: ClassVar[int] = STRIDE

    def begin(self, region: Region, settings: Settings, survey: Survey) -> Joint:
        """Load the network and make an empty state."""
        scorer = scorer_of(settings)
        if settings.get("along") == "sequential":
            return Sequential(region.shape, survey.n_planes, scorer)
        # Two or three photographs are no sampled focus curve: nothing to smooth.
        smooth = settings.get("smooth_along_z", True) and survey.n_planes > 3
        return Joint(region.shape, survey.n_planes, scorer, smooth=smooth)

    def take(self, state: Joint, plane: Plane) -> None:
        """Compare the plane's focus scores with those of the best or of the result so far."""
        state.take(plane)

    def finish(self, state: Joint) -> Answer:
        """Return the answer so far."""
        return state.answer()

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return `g`, averaged over the patches that cover a pixel: a logit."""
        scorer = scorer_of(settings)
        shape = plane.decide.shape
        return enlarge(spread(scorer(plane.decide), shape), shape)

    def halo(self, settings: Settings) -> int:
        """Return the rows that patches see; in a sequence each plane adds to them: all rows."""
        return EVERYTHING if settings.get("along") == "sequential" else self.tile_halo

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: maps at half the size, and padded planes."""
        return 32


def scorer_of(settings: Settings) -> PatchScorer:
    """Return the network as the settings want it."""
    return load_scorer(
        settings.get("device", "cpu"),
        settings.get("form", FORM.default),
        settings.get("precision", "float32"),
        settings.get("compile", False),
    )


class Joint:
    """Each plane is scored once; the best one wins. Maps are held at half the size.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the region.
    n_planes : int
        How many planes will come.
    scorer : PatchScorer
        Gives the scores.
    smooth : bool, optional
        Average the scores over neighbouring planes, as 1 2 1.
    """

    def __init__(
        self, shape: tuple[int, int], n_planes: int, scorer: PatchScorer, *, smooth: bool = False
    ) -> None:
        self.shape, self.n_planes, self.scorer = shape, n_planes, scorer
        self.smooth = smooth
        half = (-(-shape[0] // STRIDE), -(-shape[1] // STRIDE))
        self.peak = ScorePeak(half, scorer.temperature)
        #: Of two planes: the scores of their patches.
        self.patches: list[FloatMap] = []
        #: The last score maps, for smoothing along z.
        self.waiting: list[FloatMap] = []

    def take(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        if not self.smooth:
            self.peak.take(scores)
            return
        self.waiting = [*(self.waiting or [scores]), scores][-3:]
        if len(self.waiting) == 3:
            self.peak.take(binomial_mean(*self.waiting))

    def _scores(self, plane: Plane) -> FloatMap:
        patches = self.scorer(plane.decide)
        if self.n_planes == 2:
            self.patches.append(patches)
        return spread(patches, self.shape)

    def answer(self, *, plain: bool = False) -> Answer:
        """Return depth with fractions, decision and confidence of the planes so far.

        Parameters
        ----------
        plain : bool, optional
            Give the share of the plausibility itself, not the confidence it is worth.
        """
        if len(self.patches) == 2:
            return self._pair()
        peak = self.peak
        if self.smooth:
            peak = peak.copy()
            peak.take(binomial_mean(self.waiting[-2], self.waiting[-1], self.waiting[-1]))
        share = peak.share()
        confidence = share if plain else self.scorer.confidence(share)
        maps = (peak.depth(), peak.index, confidence)
        return Answer(*(enlarge(m, self.shape) for m in maps))

    def _pair(self) -> Answer:
        """Return the paper's focus map (3.4.1), of the second plane, and its threshold (3.4.2)."""
        margin = self.patches[1] - self.patches[0]
        weight = spread(1 / (1 + np.exp(np.clip(-margin, -80, 80))), self.shape)
        # Sure patches that are equally many on both sides: the surer ones decide, in any order.
        tied = np.abs(weight - 0.5) < TIE
        weight = np.where(tied, 0.5 + TIE * np.sign(spread(margin, self.shape)), weight)
        weight = enlarge(weight.astype(np.float32), self.shape)
        decision = (weight > 0.5).astype(np.uint16)
        confidence = np.maximum(weight, 1 - weight)
        return Answer(decision.astype(np.float32), decision, confidence, weight=weight)


class Sequential(Joint):
    """The result so far against the next plane, as the papers fuse more than two.

    The pixels of the result come from several planes, so its patches are scored again after each
    one: twice the cost of `Joint`, and the order of the planes matters.
    """

    fused: FloatMap | None = None

    def take(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        if self.fused is None:
            self.fused = plane.decide.copy()
            self.peak.take(scores)
            return
        so_far = self.peak.best
        if self.peak.taken > 1:  # the first plane is known already
            so_far = spread(self.scorer(self.fused), self.shape)
        wins = scores > so_far
        np.copyto(self.fused, plane.decide, where=enlarge(wins, self.shape))
        self.peak.take(scores, wins)
