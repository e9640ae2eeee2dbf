"""What the fold found out about each band, as its refinement needs it."""

from __future__ import annotations

import numpy as np

from napari_mfif.kernels.pyramid import level_shapes
from napari_mfif.methods.adaptive.peak_maps import peak_maps, reliance
from napari_mfif.methods.adaptive.refinement import Evidence, unshuffled
from napari_mfif.methods.adaptive.state import (
    LEAST_NOISE,
    State,
    as_float,
    collapsed,
    enlarged,
    mean_of,
    reach,
)
from napari_mfif.methods.base import FloatMap

__all__ = ["evidence_of"]

#: The noise of a colour has so many times the variance of that of brightness, in which planes are
#: judged: 1 / (.3^2 + .59^2 + .11^2). Of other bands it is that of their mean.
COLOUR_NOISE = 2.24


def evidence_of(state: State, fused: list[FloatMap]) -> list[Evidence]:
    """Return what is known of each band, when all planes are taken.

    Parameters
    ----------
    state : State
        Whose planes are all taken.
    fused : list of float32
        The image decided on, in the units of `Plane.guide`, and each band in its own, where there
        are several.
    """
    survey, first = state.survey, 0 if len(fused) == 1 else 1
    gain, offset = np.float32(survey.gain), np.float32(survey.offset)

    def scaled(image: FloatMap) -> FloatMap:
        return np.asarray((image - offset) * gain, np.float32)

    def own_unit(image: FloatMap) -> FloatMap:
        """Return a band of a plane; a single one is the guide, which is scaled already."""
        return scaled(image) if first else image

    assert state.depth is not None  # it is kept where pixels are refined
    told, at_peaks = state.depth.told(), state.depth.at_peaks()
    there = reliance(told)
    peaks = peak_maps(told, state.levels, there)
    noise, left = _noise(state), _noise_left(state)
    details = [level.fused(denoise=0.0) for level in state.levels]
    bases = state.base.fused()
    found = []
    for k, total in enumerate(state.totals):
        own = [level[first + k] for level in details]
        sharper = state.levels[0].sharpest[k] - own[0]
        plain = collapsed(own, bases[first + k])
        image, plain = own_unit(fused[first + k]), own_unit(plain)
        found.append(
            Evidence(
                fused=image,
                plain=plain,
                sharpest=plain + sharper * (gain if first else np.float32(1)),
                lowest=scaled(as_float(state.lowest[..., k])),
                highest=scaled(as_float(state.highest[..., k])),
                mean=scaled(total / np.float32(survey.n_planes)),
                at_peaks=(own_unit(at_peaks[0][k]), own_unit(at_peaks[1][k])),
                reliance=there,
                peaks=peaks,
                noise=noise,
                left=left,
                n_planes=survey.n_planes,
                reach=reach(survey),
            )
        )
    return found


def _noise(state: State) -> FloatMap:
    """Return the variance of the noise of a band's plane, at half the size."""
    survey, region = state.survey, state.region
    share = {1: 1.0, 3: COLOUR_NOISE}.get(survey.n_bands, float(survey.n_bands))
    variance = np.maximum(survey.noise.variance(mean_of(survey)), np.float32(LEAST_NOISE / 4))
    half = level_shapes(region.shape, 1)[1]
    return enlarged(variance, region, survey, half, 2) * np.float32(share)


def _noise_left(state: State) -> tuple[FloatMap, FloatMap]:
    left = [level.noise_left() for level in state.levels[:2]]
    halved = unshuffled(left[0]).mean(0)
    return halved, left[1] if len(left) > 1 else halved
