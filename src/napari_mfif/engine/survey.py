"""A quick look at a stack before it is folded: range, noise, hot pixels, brightness drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import BrightnessDrift, brightness_factors
from napari_mfif.arrays.downsampled import Downsampled
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.glance import Glance
from napari_mfif.engine.missing import Missing
from napari_mfif.engine.moved import white_before_moving
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.preparation import LUMINANCE, Preparation, to_guide
from napari_mfif.engine.ranges import (
    constant,
    identical,
    refuse_constant,
    refuse_extreme,
    robust_range,
    whole_ranges,
)
from napari_mfif.engine.repeats import repeated
from napari_mfif.engine.sampling import quarter, sampled_planes, sampled_reader
from napari_mfif.errors import ReadError
from napari_mfif.kernels.focus_width import textured_places
from napari_mfif.kernels.hot_pixels import find_stuck
from napari_mfif.kernels.noise import NoiseLine, estimate_noise
from napari_mfif.kernels.parallel import each
from napari_mfif.methods.base import FloatMap, Method, Survey
from napari_mfif.settings.parameters import Settings

__all__ = ["SurveyedTimepoint", "downsampled_survey", "shares_survey", "survey_stack"]


#: A computed resolution level with planes of more pixels is not surveyed by itself.
MANY = 1 << 22


@dataclass(frozen=True)
class SurveyedTimepoint:
    """One timepoint after the survey: all that a fold needs."""

    method: Method
    settings: Settings
    reader: PlaneReader
    survey: Survey
    preparation: Preparation

    @classmethod
    def of(
        cls,
        method: Method,
        settings: Settings,
        reader: PlaneReader,
        channel: int | str | None = None,
    ) -> SurveyedTimepoint:
        """Survey a timepoint, as a method wants it; `channel` is the guide channel."""
        number = None if channel is None else reader.stack.channel_index(channel)
        found = survey_stack(reader, number, settings, method.facts)
        return cls(method, settings, reader, *found)


def survey_stack(
    reader: PlaneReader, channel: int | None, settings: Settings, wanted: Sequence[str] = ()
) -> tuple[Survey, Preparation]:
    """Find out what the fold has to know beforehand.

    Parameters
    ----------
    reader : PlaneReader
        The planes of one timepoint.
    channel : int or None
        The guide channel; ``None`` for all, each weighted by its own range.
    settings : dict
        Holds ``repair_hot_pixels`` and ``equalise_brightness``.
    wanted : sequence of str, optional
        What else a method asks for, see `Method.facts`.

    Raises
    ------
    ReadError
        All pixels are equal.
    """
    if settings.get("missing", "auto") == "zero" and not reader.missing.zeros:
        reader.missing = Missing(zeros=True)
    n_planes = reader.stack.n_planes
    looked = sampled_reader(reader)
    samples = [looked.bands(z) for z in sampled_planes(n_planes)]
    ranges = [robust_range([sample[..., k] for sample in samples]) for k in range(reader.n_bands)]
    if all(high <= low for low, high in ranges) and constant(looked):
        if looked is not reader:  # the windows may have missed all there is
            ranges = whole_ranges(reader)
        if all(high <= low for low, high in ranges) and reader.stack.n_times == 1:
            refuse_constant(reader)
    refuse_extreme(reader, ranges)
    # of a film such a timepoint is passed over
    nothing = reader.stack.n_times > 1 and _flat(reader, channel, ranges)
    weights = _weights(reader, channel, ranges)
    offset = float(np.dot(weights, [low for low, _ in ranges]))
    span = float(np.dot(weights, [high - low for low, high in ranges]))
    gain = 1 / span if span > 0 else 1.0
    repairs = settings["repair_hot_pixels"] and n_planes >= 3
    preparation = Preparation(weights, offset, gain)
    guides = each(lambda sample: to_guide(sample, preparation), samples)
    taken = _as_taken(reader, samples)
    guide_noise = estimate_noise(
        guides if taken is samples else [to_guide(sample, preparation) for sample in taken]
    )
    noise = _band_noise(taken, guide_noise, preparation) if repairs else []
    del taken
    places = textured_places(guides) if wanted and n_planes > 3 else []
    quarters = each(quarter, guides) if looked is reader else []
    del guides
    follow = settings["equalise_brightness"] and n_planes >= 3
    glance = Glance(reader, looked, preparation, places, guide_noise, wanted)
    glance.look()
    if settings.get("missing", "auto") == "auto" and (found := glance.missing()):
        reader.missing = found
        return survey_stack(reader, channel, {**settings, "missing": "found"}, wanted)
    cells = glance.cells
    preparation = replace(
        preparation,
        noise=noise if repairs else [],
        stuck=[find_stuck([s[..., k] for s in samples], line) for k, line in enumerate(noise)]
        if repairs and looked is reader
        else [],
        drift=_drift(np.stack(cells), weights, offset) if follow else None,
        identical=nothing or identical(reader, samples),
        missing=reader.missing,
        repeated=repeated(reader, cells) if n_planes > 2 else frozenset(),
        white=white_before_moving(reader.stack, reader.time) or glance.white(),
    )
    survey = Survey(
        n_planes,
        reader.stack.plane_shape,
        reader.n_bands,
        offset,
        gain,
        guide_noise,
        np.mean(quarters, axis=0, dtype=np.float32) if quarters else None,
        glance.facts(),
    )
    return survey, preparation


def shares_survey(stack: ZStack, near: ZStack) -> bool:
    """Tell whether a resolution level takes over the survey of the planes themselves.

    Only levels computed here do: the noise of levels stored in a file is unknown.
    """
    computed = isinstance(stack.pixels, Downsampled) and stack.pixels.pixels is near.pixels
    return computed and prod(stack.plane_shape) > MANY


def downsampled_survey(
    survey: Survey, preparation: Preparation, stack: ZStack
) -> tuple[Survey, Preparation]:
    """Return what a survey of averaged planes would find: the noise is less."""
    assert isinstance(stack.pixels, Downsampled)
    pixels = stack.pixels.squares
    floor, slope, dark = survey.noise
    noise = NoiseLine(floor / pixels, slope / pixels, dark)
    return (
        replace(survey, plane_shape=stack.plane_shape, mean=None, noise=noise),
        replace(
            preparation,
            noise=[],
            stuck=[],
            missing=_coarser(preparation.missing, stack.plane_shape),
        ),
    )


def _coarser(missing: Missing, shape: tuple[int, int]) -> Missing:
    """Return what is missing of planes in fewer rows and columns."""
    borders = {
        z: cv2.resize(mask.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
        for z, mask in missing.borders.items()
    }
    return replace(missing, borders=borders)


def _as_taken(reader: PlaneReader, samples: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return the sampled planes as the camera took them; `samples` unless they were moved."""
    if reader.unaligned is reader:
        return samples
    looked = sampled_reader(reader.unaligned)
    return [looked.bands(z) for z in sampled_planes(reader.stack.n_planes)]


def _band_noise(
    samples: list[NDArray[Any]], guide_noise: NoiseLine, preparation: Preparation
) -> list[NoiseLine]:
    """Return the noise of each band in the stack's own unit; of a single one it is known."""
    bands = range(samples[0].shape[2])
    if len(bands) > 1:
        return [estimate_noise([_float(sample[..., k]) for sample in samples]) for k in bands]
    factor = float(preparation.weights[0]) * preparation.gain
    return [
        NoiseLine(
            guide_noise.floor / factor**2,
            guide_noise.slope / factor,
            (guide_noise.dark + preparation.offset * preparation.gain) / factor,
        )
    ]


def _drift(cells: FloatMap, weights: FloatMap, offset: float) -> BrightnessDrift | None:
    """Follow the brightness of all planes, in coarse cells."""
    total = float(weights.sum())
    darkest = min(offset, float(cells.min())) / total
    return brightness_factors(cells / total, darkest=darkest)


def _weights(
    reader: PlaneReader, channel: int | None, ranges: list[tuple[float, float]]
) -> FloatMap:
    """Weight of each band in the guide image."""
    samples = reader.stack.n_samples
    colour = np.asarray(LUMINANCE if samples == 3 else (1 / samples,) * samples, np.float32)
    shares = []
    all_flat = channel is None and all(high <= low for low, high in ranges)
    for c in range(reader.stack.n_channels):
        spans = [high - low for low, high in ranges[c * samples : (c + 1) * samples]]
        alone = reader.stack.n_channels == 1
        flat_film = channel is not None and reader.stack.n_times > 1
        share = 1 / max(spans) if max(spans) > 0 else float(all_flat or flat_film)
        share = 1.0 if alone else share
        shares.append(colour * np.float32(share if channel in (None, c) else 0.0))
    weights: FloatMap = np.concatenate(shares)
    if not weights.any():
        raise ReadError(f"Channel {channel} of {reader.stack.name} is constant: it cannot decide.")
    return weights


def _flat(reader: PlaneReader, channel: int | None, ranges: list[tuple[float, float]]) -> bool:
    """Tell whether there is nothing in what decides."""
    samples = reader.stack.n_samples
    deciding = ranges if channel is None else ranges[channel * samples : (channel + 1) * samples]
    return all(high <= low for low, high in deciding)


def _float(band: NDArray[Any]) -> FloatMap:
    return np.ascontiguousarray(band, np.float32)
