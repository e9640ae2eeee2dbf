"""A vote on the depth among neighbours that look alike."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import Band, bands
from napari_mfif.kernels.guided_filter import GuidedFilter
from napari_mfif.kernels.parallel import each
from napari_mfif.kernels.running_peak import RunningPeak

__all__ = ["BELIEVED", "trust", "voted"]

Map = NDArray[np.float32]

#: A pixel votes for planes nearer than this to its own depth.
REACH_OF_VOTE = 1.5
#: Votes keep to edges of the fused image of about this variance or more (its bulk lies in 0 to 1).
VOTE_EDGE = 4e-3
#: In the first and the last plane a peak is seen from one side only: its vote counts this much, and
#: a depth there is held less likely by this share.
END_VOTE, END_DOUBT = 0.4, 0.6
#: Votes for many planes are counted in one band after the other, which then stays in the cache.
FEW_PIXELS = 1 << 17
#: Scores at which a peak is believed for the most part.
BELIEVED = 1.0


def voted(peak: RunningPeak, total: Map, guide: Map, window: int) -> tuple[Map, Map]:
    """Return the depth that pixels and those near them vote for, and the share of its votes.

    Parameters
    ----------
    peak : RunningPeak
        Of the scores.
    total : float32, (Y, X)
        Sum of the plausibilities of all planes, relative to that of the best one.
    guide : float32, (Y, X)
        The image to whose edges votes keep.
    window : int
        Side of the window in which votes are gathered.
    """
    margin = 2 * (window // 2)  # a guided filter averages twice

    def in_band(band: Band) -> tuple[Map, Map]:
        part = peak.part(band.outer)
        return _in_band(band, part, trust(part, total[band.outer]), guide[band.outer], window)

    voting = bands(_shape(guide), margin=margin + margin % 2, pixels=FEW_PIXELS)
    depth, votes = (np.concatenate(m) for m in zip(*each(in_band, voting), strict=True))
    return depth, votes


def _in_band(
    band: Band, peak: RunningPeak, trusted: Map, guide: Map, window: int
) -> tuple[Map, Map]:
    own = peak.position()
    gather = GuidedFilter(guide, radius=window // 2, epsilon=VOTE_EDGE)
    votes = RunningPeak(_shape(own[band.inner]))
    first, last = own.min() - REACH_OF_VOTE, own.max() + REACH_OF_VOTE
    for plane in range(peak.n_seen):
        if not first < plane < last:  # nobody votes for it
            votes.update(np.zeros_like(own[band.inner]))
            continue
        near = cv2.absdiff(own, np.full_like(own, plane))
        near *= np.float32(-1 / REACH_OF_VOTE)
        near += 1
        cv2.max(near, 0.0, dst=near)
        near *= trusted
        votes.update(gather(near)[band.inner])
    own, trusted, depth = own[band.inner], trusted[band.inner], votes.position()
    # where they agree, a trusted pixel's own fraction is better than that of the vote
    depth += np.where(np.abs(depth - own) < 0.5, (own - depth) * trusted, 0)
    return depth, _less_at_the_ends(votes.best, depth, peak.n_seen)


def trust(peak: RunningPeak, total: Map) -> Map:
    """Return the share of the plausibility that a peak and its neighbours hold; little in noise."""
    before, after = peak.neighbours()
    best = peak.best
    near = cv2.exp(before - best) + cv2.exp(after - best)
    near += 1
    near /= total
    square = np.square(best / np.float32(BELIEVED))
    found: Map = np.minimum(near, 1) * (square / (1 + square))
    if peak.n_seen > 3:
        found[~peak.inside()] *= END_VOTE
    return found


def _less_at_the_ends(votes: Map, depth: Map, planes: int) -> Map:
    confidence: Map = np.clip(votes, 0, 1)
    if planes > 3:
        apart = np.minimum(depth, planes - 1 - depth)
        confidence *= 1 - END_DOUBT * np.maximum(1 - apart, 0)
    return confidence


def _shape(image: Map) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
