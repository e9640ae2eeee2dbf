"""What the fold found out about the depth, at half the size, as its refinement needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.running_peak import RunningPeak
from napari_mfif.kernels.two_peaks import Peak

if TYPE_CHECKING:
    from napari_mfif.methods.adaptive.level import LevelFold

__all__ = [
    "SOURCES", "DepthEvidence", "Told", "at_end", "bent", "depth_evidence", "finest_peaks",
    "rival_of",
]  # fmt: skip

Map = NDArray[np.float32]

#: What tells a depth: the vote, the highest peak of the score, the next one, and the peaks of the
#: energies of the two finest levels.
SOURCES = 5


@dataclass(frozen=True)
class Told:
    """What the running scores tell, at half the size.

    Parameters
    ----------
    peak : RunningPeak
        The highest score along z.
    peaks : (Peak, Peak, Peak)
        The two highest peaks and their valley, see `TwoPeaks.ended`.
    lowest, total, trust : float32, (Y, X)
        The lowest score, the sum of all plausibilities relative to that of the highest one, and how
        far this is trusted.
    noise : float32, (Y, X)
        Variance of the noise of a plane.
    reach : int
        Over how many planes on either side they were smoothed.
    """

    peak: RunningPeak
    peaks: tuple[Peak, Peak, Peak]
    lowest: Map
    total: Map
    trust: Map
    noise: Map
    reach: int


@dataclass(frozen=True)
class DepthEvidence:
    """What is known of the depth of each pixel of half the size.

    Parameters
    ----------
    depths : float32, (`SOURCES`, Y, X)
        In planes, of what tells one; the first is the depth voted for.
    votes, trust : float32, (Y, X)
        Share of the votes for that depth, and how far the pixel's own peak is trusted.
    best, rival, valley, lowest : float32, (Y, X)
        Scores: the highest, that of the next peak, the lowest between the two and of all.
    curvature, total : float32, (Y, X)
        How sharp the highest peak is, and the sum of all plausibilities relative to its.
    energies, distinct : float32, (2, Y, X)
        Of the two finest levels: the largest energy in units of the noise, and how much larger it
        is than those of its neighbours along z, 0 to 1.
    guide : float32, (Y, X)
        The fused image at half the size.
    noise : float32, (Y, X)
        Variance of the noise of a plane.
    n_planes, reach : int
        How many planes there are, and over how many on either side scores were smoothed.
    """

    depths: Map
    votes: Map
    trust: Map
    best: Map
    rival: Map
    valley: Map
    lowest: Map
    curvature: Map
    total: Map
    energies: Map
    distinct: Map
    guide: Map
    noise: Map
    n_planes: int
    reach: int


def depth_evidence(
    told: Told, levels: list[LevelFold], depth: Map, votes: Map, guide: Map
) -> DepthEvidence:
    """Return what is known when all planes are taken.

    Parameters
    ----------
    told : Told
        By the scores.
    levels : list of LevelFold
        Of the pyramid, finest first.
    depth, votes : float32, (Y, X)
        The depth voted for and its votes.
    guide : float32, (Y, X)
        The fused image at half the size.
    """
    peak = told.peak
    before, after = peak.neighbours()
    plane, rival, valley = rival_of(told)
    places, energies, distinct = finest_peaks(levels, depth.shape)
    return DepthEvidence(
        depths=np.stack([depth, peak.position(), plane, *places]),
        votes=votes,
        trust=told.trust,
        best=peak.best,
        rival=rival,
        valley=valley,
        lowest=told.lowest,
        curvature=peak.best - (before + after) * np.float32(0.5),
        total=told.total,
        energies=np.stack(energies),
        distinct=np.stack(distinct),
        guide=guide,
        noise=told.noise,
        n_planes=peak.n_seen,
        reach=told.reach,
    )


def rival_of(told: Told) -> tuple[Map, Map, Map]:
    """Return plane and score of the second peak, and the valley; of the first where it is alone."""
    earlier, later, valley = told.peaks
    first = earlier.value >= later.value
    score = np.where(first, later.value, earlier.value)
    plane = np.where(first, later.plane, earlier.plane)
    alone = ~np.isfinite(score)
    lowest = np.minimum(valley.value, told.peak.best)
    return (
        np.where(alone, told.peak.index, plane).astype(np.float32),
        np.where(alone, told.lowest, score),
        np.where(np.isfinite(valley.value), lowest, told.lowest),
    )


def finest_peaks(levels: list[LevelFold], shape: tuple[int, ...]) -> Iterator[tuple[Map, ...]]:
    """Return where the energies of the two finest levels are largest, how large, how distinct."""
    finest = (levels[0], levels[min(1, len(levels) - 1)])
    return zip(*(_peak_of(level, shape) for level in finest), strict=True)


def _peak_of(level: LevelFold, shape: tuple[int, ...]) -> tuple[Map, Map, Map]:
    """Return where a level's energy is largest, how large it is, and how distinct, in a shape."""
    peak, noise = level.peak
    before, after = peak.neighbours()
    energy = np.maximum(peak.best, np.float32(1e-30))
    distinct = np.asarray(1 - (before + after) / (2 * energy), np.float32)
    maps = peak.position(), np.asarray(energy / noise, np.float32), distinct
    if energy.shape == shape:
        return maps
    size = (2 * energy.shape[1], 2 * energy.shape[0])
    place, energy, distinct = (
        np.asarray(cv2.resize(m, size, interpolation=cv2.INTER_NEAREST), np.float32) for m in maps
    )
    inside = (slice(shape[0]), slice(shape[1]))
    return place[inside], energy[inside], distinct[inside]


def at_end(depth: Map, last: np.float32) -> Map:
    """Return how near a depth is to the first or the last plane: 1 there, 0 a plane away."""
    return np.asarray(np.maximum(1 - np.minimum(depth, last - depth), 0), np.float32)


def bent(values: Map) -> Map:
    """Bend large differences of depths towards a limit."""
    return values / (1 + np.float32(0.3) * np.abs(values))
