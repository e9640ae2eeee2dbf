"""What methods share whose network gives one score map per plane: they compare numbers.

The planes of a z-stack need one pass each and may come in any order (`Joint`), or each meets the
result so far, as the papers do it (`Sequential`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.along_z import binomial_mean
from napari_mfif.methods.base import Answer, FloatMap, Plane, Region, Survey
from napari_mfif.methods.neural.base import Calibration, NeuralMethod, Trained
from napari_mfif.methods.soft_peak import peak_of
from napari_mfif.settings.options import SMOOTH_ALONG_Z
from napari_mfif.settings.parameters import Parameter, Settings

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "EVERYTHING",
    "TIE",
    "Joint",
    "ScoreCalibration",
    "Scorer",
    "ScoringMethod",
    "Sequential",
]

#: Focus maps as near to one half as this are undecided.
TIE = 1e-5
#: More rows than any plane has.
EVERYTHING = 1 << 24


@dataclass(frozen=True)
class ScoreCalibration(Calibration):
    """What scores are worth, measured on simulated z-stacks of known depth.

    Parameters
    ----------
    temperature : float
        Difference of scores at which a plane is e times less plausible.
    shares, probabilities : tuple of float
        Shares of the plausibility near the best plane, in rising order, and how probable a depth
        of that share is right within one plane.
    """

    names: ClassVar[tuple[str, ...]] = ("scorecalibration", "trust")

    temperature: float = 1.0
    shares: Sequence[float] = (0.0, 1.0)
    probabilities: Sequence[float] = (0.0, 1.0)

    def __call__(self, share: FloatMap) -> FloatMap:
        """Return how probable depths are right within one plane."""
        return np.interp(share, self.shares, self.probabilities).astype(np.float32)


class Scorer(Trained, ABC):
    """A network on a device that scores planes, fed in blocks, and what its scores mean.

    Parameters
    ----------
    network : Module
        In float32; it stays as it is.
    device : str, optional
        Where it runs.
    calibration : ScoreCalibration, optional
        What the scores are worth on z-stacks.
    precision, compiled
        As for `napari_mfif.networks.feeding.Feeder`.
    """

    calibration_kind: ClassVar[type[Calibration]] = ScoreCalibration
    #: How it is fed: context, stride, grid, see `napari_mfif.networks.feeding.Feeder`.
    feeding: ClassVar[Mapping[str, Any]]

    def __init__(
        self,
        network: nn.Module,
        device: str = "cpu",
        calibration: ScoreCalibration | None = None,
        *,
        precision: str = "float32",
        compiled: bool = False,
    ) -> None:
        from napari_mfif.networks.feeding import Feeder

        self.calibration = calibration or ScoreCalibration()
        self.feeder = Feeder(
            network, device=device, precision=precision, compiled=compiled, **self.feeding
        )

    def __call__(self, guide: FloatMap) -> FloatMap:
        """Return the scores of a plane, (Y', X'), as the network gives them: larger is sharper.

        Parameters
        ----------
        guide : float32, (Y, X)
            Grey of about 0 to 1; reflected at its borders.
        """
        scores: FloatMap = self.feeder(
            guide[None] - np.float32(0.5), cells=self.cells(guide.shape)
        )[0]
        return scores

    def cells(self, shape: tuple[int, ...]) -> tuple[int, int] | None:
        """Return how many scores a plane gets, if not as many as cover it."""
        return None

    @abstractmethod
    def compared(self, scores: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return the map in which planes are compared, at the size that `map_shape` gives."""

    @abstractmethod
    def map_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the size of such a map for a plane of so many rows and columns."""

    @abstractmethod
    def enlarged(self, values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """Return what such maps have decided at the size of the plane, values unchanged."""

    @abstractmethod
    def focus_map(self, first: FloatMap, second: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return the focus map of two planes, (Y, X): 0 to 1, where it is above .5 the second.

        Parameters
        ----------
        first, second : float32, (Y', X')
            The scores of the planes, as the network gives them.
        shape : (int, int)
            Rows and columns of the planes.
        """

    def confidence(self, share: FloatMap) -> FloatMap:
        """Return how probable a depth is right within one plane.

        Parameters
        ----------
        share : float32
            Part of the plausibility, 0 to 1, of the plane and its two neighbours.
        """
        return self.calibration(share)

    @property
    def temperature(self) -> float:
        """Difference of scores at which a plane is e times less plausible."""
        return self.calibration.temperature


class Joint:
    """Each plane is scored once; the best one wins.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the region.
    n_planes : int
        How many planes will come.
    scorer : Scorer
        Gives the scores.
    smooth : bool, optional
        Average the scores over neighbouring planes, as 1 2 1.
    softness : float, optional
        Average planes, see `SoftPeak`; the pixels are copied later when not given.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        n_planes: int,
        scorer: Scorer,
        *,
        smooth: bool = False,
        softness: float | None = None,
    ) -> None:
        self.shape, self.n_planes, self.scorer = shape, n_planes, scorer
        self.smooth = smooth
        self.peak = peak_of(scorer.map_shape(shape), scorer.temperature, softness)
        #: Of two planes: their scores as the network gives them.
        self.given: list[FloatMap] = []
        #: The last score maps, for smoothing along z.
        self.waiting: list[FloatMap] = []

    def update(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        self.peak.take(plane.pixels)
        if not self.smooth:
            self.peak.update(scores)
            return
        self.waiting = [*(self.waiting or [scores]), scores][-3:]
        if len(self.waiting) == 3:
            self.peak.update(binomial_mean(*self.waiting))

    def _scores(self, plane: Plane) -> FloatMap:
        given = self.scorer(plane.guide)
        if self.n_planes == 2:
            self.given.append(given)
        return self.scorer.compared(given, self.shape)

    def answer(self, *, plain: bool = False) -> Answer:
        """Return depth with fractions, decision and confidence of the planes so far.

        Parameters
        ----------
        plain : bool, optional
            Give the share of the plausibility itself, not the confidence it is worth.
        """
        if len(self.given) == 2:
            return self._pair()
        peak = self.peak
        if self.smooth:
            peak = peak.copy()
            peak.update(binomial_mean(self.waiting[-2], self.waiting[-1], self.waiting[-1]))
        share = peak.share()
        confidence = share if plain else self.scorer.confidence(share)
        maps = (peak.depth(), peak.index, confidence)
        depth, decision, confidence = (self.scorer.enlarged(m, self.shape) for m in maps)
        return Answer(depth, decision, confidence, peak.pixels())

    def _pair(self) -> Answer:
        weight = self.scorer.focus_map(self.given[0], self.given[1], self.shape)
        decision = (weight > 0.5).astype(np.uint16)
        confidence = np.maximum(weight, 1 - weight)
        return Answer(decision.astype(np.float32), decision, confidence, weight=weight)


class Sequential(Joint):
    """The result so far against the next plane, as the papers fuse more than two.

    The pixels of the result come from several planes, so it is scored again after each
    one: twice the cost of `Joint`, and the order of the planes matters.
    """

    fused: FloatMap | None = None

    def update(self, plane: Plane) -> None:
        """Take the next plane."""
        scores = self._scores(plane)
        if self.fused is None:
            self.fused = plane.guide.copy()
            self.peak.update(scores)
            return
        so_far = self.peak.best
        if self.peak.n_seen > 1:  # the first plane is known already
            so_far = self.scorer.compared(self.scorer(self.fused), self.shape)
        wins = scores > so_far
        np.copyto(self.fused, plane.guide, where=self.scorer.enlarged(wins, self.shape))
        self.peak.update(scores, wins)


class ScoringMethod(NeuralMethod):
    """A method whose network scores one plane at a time."""

    parameters: ClassVar[tuple[Parameter, ...]] = (SMOOTH_ALONG_Z,)
    along: ClassVar[tuple[str, ...]] = ("joint", "sequential")

    def fold(self, network: Scorer, region: Region, settings: Settings, survey: Survey) -> Joint:
        """Make an empty state for a network."""
        if settings.get("along") == "sequential":
            return Sequential(region.shape, survey.n_planes, network)
        # Two or three photographs are no sampled focus curve: nothing to smooth.
        smooth = settings.get("smooth_along_z", True) and survey.n_planes > 3
        softness = self.softness(network, settings, survey)
        return Joint(region.shape, survey.n_planes, network, smooth=smooth, softness=softness)

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the scores in which planes are compared: logits."""
        scorer: Scorer = self.loaded(settings, survey)
        shape = plane.guide.shape
        return scorer.enlarged(scorer.compared(scorer(plane.guide), shape), shape)

    def halo(self, settings: Settings) -> int:
        """Return the rows that a score sees; in a sequence each plane adds to them: all rows."""
        return EVERYTHING if settings.get("along") == "sequential" else self.tile_halo
