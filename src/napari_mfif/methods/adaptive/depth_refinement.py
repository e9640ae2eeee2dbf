"""Refinement of the depth: what the network is shown, and what is made of its answer.

The network never sees a depth, only how depths differ, so that it works alike anywhere in a stack
and in both directions of z. It answers with weights: for four fillings of places that tell nothing
from places that do, and for all the depths that there are to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.bands import bands
from napari_mfif.kernels.parallel import each
from napari_mfif.methods.adaptive.depth_evidence import (
    SOURCES,
    DepthEvidence,
    at_end,
    bent,
    depth_evidence,
)
from napari_mfif.methods.adaptive.enlarging import scatter

if TYPE_CHECKING:
    from napari_mfif.methods.adaptive.state import State

__all__ = [
    "ANSWER", "CANDIDATES", "CHANNELS", "FIELDS", "NEAR", "SIGNED", "Seen", "decided", "features",
    "refined_depth",
]  # fmt: skip

Map = NDArray[np.float32]

#: How many fillings there are, and how many depths to choose from: those too.
FIELDS = 4
CANDIDATES = SOURCES + FIELDS
#: Channels that the network sees; the first ones change their sign with the direction of z.
SIGNED, CHANNELS = SOURCES + 1, SOURCES + 1 + 24
#: Channels of its answer: weights of the sources in each filling, weights and shifts of all depths,
#: and how sure it is.
ANSWER = FIELDS * SOURCES + 2 * CANDIDATES + 1
#: Depths nearer than this to each other are for the same thing.
NEAR = 1.5
#: Local contrasts are taken in windows of this side, and are not smaller than this share of the
#: stack's range.
WINDOW, LEAST_CONTRAST = 9, 0.003
#: Cells of so many pixels, and a blur of so many cells, make the depth that others are compared to.
CELL, SPREAD, TAPS = 4, 2.0, 11
#: Trust that everything has there.
LEAST_TRUST = 1e-4
#: A filling is made from cells of 2, 4 and 8 pixels; the next larger ones count this much.
CELLS, COARSER = 3, 0.05
#: Logarithms of weights are kept to this range.
LIGHTEST, HEAVIEST = -10.0, 5.0
#: Share of the noise's variance that is left in the fused image at half the size, about.
NOISE_LEFT = 0.04


@dataclass(frozen=True)
class Seen:
    """What the network sees, and what its answer is relative to.

    Parameters
    ----------
    maps : float32, (`CHANNELS`, Y, X)
        What it sees.
    depths : float32, (`SOURCES`, Y, X)
        Depths relative to the first one.
    reference : float32, (Y, X)
        Depth thereabouts, relative to the same.
    """

    maps: Map
    depths: Map
    reference: Map


def refined_depth(state: State, depth: Map, votes: Map, guide: Map) -> tuple[Map, Map]:
    """Return a refined depth, in planes, and how sure it is, 0 to 1, all at half the size.

    Parameters
    ----------
    state : State
        Whose planes are all taken.
    depth, votes : float32, (Y, X)
        The depth voted for, and its votes.
    guide : float32, (Y, X)
        The fused image.
    """
    from napari_mfif.networks.refinement_run import DEPTHS

    assert state.depth is not None  # maps are asked for
    seen = features(depth_evidence(state.depth.told(), state.levels, depth, votes, guide))
    apart, sure = decided(seen, DEPTHS.answer(seen.maps))
    return np.clip(depth + apart, 0, np.float32(state.survey.n_planes - 1)), sure


def features(evidence: DepthEvidence) -> Seen:
    """Return what the network sees."""
    own, trust = evidence.depths[0], evidence.trust
    apart = evidence.depths - own
    weight = np.square(trust) + np.float32(LEAST_TRUST)
    mean, amount = _thereabouts(evidence.depths[1], weight)
    reference = mean - own
    seen = np.empty((CHANNELS, *own.shape), np.float32)
    seen[: SOURCES - 1] = bent(apart[1:])
    seen[SOURCES - 1] = bent(reference)
    small, _ = _thereabouts(evidence.depths[1], weight, spread=0)
    seen[SOURCES] = bent(small - own)
    best = evidence.best
    last = np.float32(evidence.n_planes - 1)
    energies = 0.25 * np.log(evidence.energies + np.float32(0.1))
    one = np.ones_like(own)
    others = [
        0.5 * np.log1p(np.maximum(best, 0)),
        0.15 * (evidence.rival - best),
        0.15 * (evidence.valley - best),
        0.1 * (evidence.lowest - best),
        0.3 * np.log(np.maximum(evidence.total, 1)),
        trust,
        evidence.votes,
        0.5 * np.log1p(np.maximum(evidence.curvature, 0)),
        *energies,
        *evidence.distinct,
        *(at_end(depth, last) for depth in evidence.depths[:2]),
        bent(scatter(own)),
        0.2 * np.log(amount),
        *_image(evidence.guide, evidence.noise),
        np.float32(0.5 * (np.log(evidence.n_planes) - 3)) * one,
        np.float32(0.5 * evidence.reach) * one,
    ]
    assert len(others) == CHANNELS - SIGNED
    for channel, values in enumerate(others, SIGNED):
        seen[channel] = values
    return Seen(seen, apart, reference)


def _image(guide: Map, noise: Map) -> list[Map]:
    """Return what the network sees of the image, in units of the local contrast."""
    middle = _window(guide)
    contrast = np.sqrt(_window(np.square(guide - middle)) + np.float32(NOISE_LEFT) * noise)
    contrast += np.float32(LEAST_CONTRAST)
    per = 1 / contrast
    detail = guide - cv2.blur(guide, (3, 3), borderType=cv2.BORDER_REFLECT_101)
    wide, _ = _thereabouts(guide, np.ones_like(guide))
    return [
        np.clip((guide - middle) * per, -4, 4) * np.float32(0.5),
        np.clip(detail * (3 * per), -4, 4),
        np.clip((guide - wide) * per, -8, 8) * np.float32(0.25),
        np.clip(np.log(np.sqrt(noise) * per + np.float32(1e-9)), -6, 1) * np.float32(0.4),
        (np.log(contrast) + 3) * np.float32(0.3),
        np.clip(guide, 0, 2),
    ]


def _thereabouts(values: Map, weight: Map, *, spread: float = SPREAD) -> tuple[Map, Map]:
    """Return a weighted mean over the surroundings, and the mean weight."""
    rows, columns = values.shape
    size = (-(-columns // CELL), -(-rows // CELL))
    beyond = (0, size[1] * CELL - rows, 0, size[0] * CELL - columns)
    found = []
    for part in (values * weight, weight):
        padded = cv2.copyMakeBorder(part, *beyond, cv2.BORDER_REPLICATE)
        cells = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
        if spread:
            cells = cv2.GaussianBlur(cells, (TAPS, TAPS), spread, borderType=cv2.BORDER_REFLECT_101)
        found.append(cells)
    full = (size[0] * CELL, size[1] * CELL)
    total, amount = (cv2.resize(cells, full)[:rows, :columns] for cells in found)
    return np.asarray(total / amount), np.asarray(amount)


def _window(values: Map) -> Map:
    side = (WINDOW, WINDOW)
    return np.asarray(cv2.blur(values, side, borderType=cv2.BORDER_REFLECT_101))


def decided(seen: Seen, answer: Map) -> tuple[Map, Map]:
    """Return the depth relative to the first one that was known, and how sure it is.

    Parameters
    ----------
    seen : Seen
        As `features` gave it.
    answer : float32, (`ANSWER`, Y, X)
        The network's.
    """
    fillings = _fillings(seen, answer[: FIELDS * SOURCES])
    depth, sure = np.empty_like(seen.reference), np.empty_like(seen.reference)

    def in_band(rows: slice) -> None:
        depths = np.concatenate([seen.depths[:, rows], fillings[:, rows]])
        part = answer[FIELDS * SOURCES :, rows]
        depth[rows], sure[rows] = _chosen(depths, part)

    each(in_band, [band.rows for band in bands(seen.reference.shape)])
    return depth, sure


def _fillings(seen: Seen, logarithms: Map) -> Map:
    """Return weighted means over growing cells, relative to the first depth."""
    apart = seen.depths - seen.reference
    fillings = np.empty((FIELDS, *seen.reference.shape), np.float32)
    for number, filling in enumerate(fillings):
        weights = logarithms[number * SOURCES : (number + 1) * SOURCES]
        weights = np.exp(np.clip(weights, LIGHTEST, HEAVIEST))
        total, amount = _filled((weights * apart).sum(0)), _filled(weights.sum(0))
        np.divide(total, amount, out=filling)
        filling += seen.reference
    return fillings


def _filled(values: Map) -> Map:
    """Return the sum of means over cells of 2, 4 and 8 pixels, the larger ones counting less."""
    rows, columns = values.shape
    side = 1 << CELLS
    values = cv2.copyMakeBorder(values, 0, -rows % side, 0, -columns % side, cv2.BORDER_REPLICATE)
    cells = [values]
    for _ in range(CELLS):
        size = (cells[-1].shape[1] // 2, cells[-1].shape[0] // 2)
        cells.append(cv2.resize(cells[-1], size, interpolation=cv2.INTER_AREA))
    total = _enlarged(cells[-1])
    for finer in reversed(cells[1:-1]):
        total = _enlarged(finer + np.float32(COARSER) * total)
    return total[:rows, :columns]


def _enlarged(cells: Map) -> Map:
    taps = np.array([0.25, 0.5, 0.25], np.float32)
    smooth = cv2.sepFilter2D(cells, -1, taps, taps, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(smooth, (2 * cells.shape[1], 2 * cells.shape[0])))


def _chosen(depths: Map, answer: Map) -> tuple[Map, Map]:
    """Return the mean of the depths that agree with the likeliest one, and how sure it is."""
    logarithms, shifts, doubt = answer[:CANDIDATES], answer[CANDIDATES:-1], answer[-1]
    depths = depths + np.tanh(0.5 * shifts)
    shares = np.exp(logarithms - logarithms.max(0))
    shares /= shares.sum(0)
    votes = shares.copy()
    for one in range(CANDIDATES):
        for other in range(one):
            alike = np.maximum(1 - np.abs(depths[one] - depths[other]) / np.float32(NEAR), 0)
            votes[one] += alike * shares[other]
            votes[other] += alike * shares[one]
    first = votes.argmax(0)[None]
    likeliest = np.take_along_axis(depths, first, 0)
    shares *= np.maximum(1 - np.abs(depths - likeliest) / np.float32(NEAR), 0)
    held = np.clip(np.take_along_axis(votes, first, 0)[0], 1e-4, 1 - 1e-4)
    sure = 1 / (1 + np.exp(-doubt) * np.sqrt((1 - held) / held))
    return (shares * depths).sum(0) / shares.sum(0), sure
