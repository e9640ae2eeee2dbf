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
from napari_mfif.engine.planes import (
    LUMINANCE,
    Missing,
    PlaneReader,
    Preparation,
    coarse_cells,
    to_guide,
)
from napari_mfif.engine.sampling import SIDE, Windows, quarter, sampled_planes, sampled_reader
from napari_mfif.errors import ReadError
from napari_mfif.kernels.borders import moving_borders, zero_border
from napari_mfif.kernels.focus_width import FocusWidth, energies, textured_places
from napari_mfif.kernels.hot_pixels import find_stuck
from napari_mfif.kernels.noise import NoiseLine, estimate_noise
from napari_mfif.kernels.order import quantiles
from napari_mfif.kernels.parallel import each, in_turn
from napari_mfif.methods.base import FloatMap, Method, Survey
from napari_mfif.settings.parameters import Settings

__all__ = ["SurveyedTimepoint", "downsampled_survey", "shares_survey", "survey_stack"]

#: Values up to this size, and differences down to its inverse, can be computed with.
LARGEST = 1e18

#: Shares of the pixels below what is mapped to 0 and 1, so that a glint does not set the scale.
RANGE = (0.005, 0.995)
#: A plane of which most pixels lie within this share of the range of others shows nothing.
EMPTY = 0.02

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
    ranges = [_robust_range([sample[..., k] for sample in samples]) for k in range(reader.n_bands)]
    if all(high <= low for low, high in ranges) and _constant(looked):
        if looked is not reader:  # the windows may have missed all there is
            ranges = _whole_ranges(reader)
        if all(high <= low for low, high in ranges) and reader.stack.n_times == 1:
            _refuse_constant(reader)
    _refuse_extreme(reader, ranges)
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
    places = textured_places(guides) if "focus_width" in wanted and n_planes > 3 else []
    quarters = each(quarter, guides) if looked is reader else []
    del guides
    follow = settings["equalise_brightness"] and n_planes >= 3
    glance = _Glance(reader, looked, preparation, places)
    if follow or places:
        glance.look()
    if settings.get("missing", "auto") == "auto" and (found := glance.missing()):
        reader.missing = found
        return survey_stack(reader, channel, {**settings, "missing": "found"}, wanted)
    cells, width = glance.cells, glance.width
    preparation = replace(
        preparation,
        noise=noise if repairs else [],
        stuck=[find_stuck([s[..., k] for s in samples], line) for k, line in enumerate(noise)]
        if repairs and looked is reader
        else [],
        drift=_drift(np.stack(cells), weights, offset) if follow else None,
        identical=nothing or _identical(reader, samples),
        missing=reader.missing,
    )
    survey = Survey(
        n_planes,
        reader.stack.plane_shape,
        reader.n_bands,
        offset,
        gain,
        guide_noise,
        np.mean(quarters, axis=0, dtype=np.float32) if quarters else None,
        {"focus_width": width.width(guide_noise)} if width else {},
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


class _Glance:
    """A look at all planes, once.

    Parameters
    ----------
    reader, looked
        The planes, and what is looked at of them.
    preparation : Preparation
        How the guide image is made.
    places : list of (slice, slice)
        Pieces of which the focus curve is followed.
    """

    def __init__(
        self,
        reader: PlaneReader,
        looked: PlaneReader | Windows,
        preparation: Preparation,
        places: list[tuple[slice, slice]],
    ) -> None:
        self._reader, self._looked = reader, looked
        self._preparation, self._places = preparation, places
        #: The brightness of each plane in coarse cells.
        self.cells: list[FloatMap] = []
        self.width = FocusWidth() if places else None
        self._spans: list[float] = []
        self._borders: dict[int, NDArray[np.bool_]] = {}

    def look(self) -> None:
        """Look at the planes in order."""
        for z, (cells, energy, mean, span, border) in enumerate(
            in_turn(self._seen, range(self._reader.stack.n_planes))
        ):
            self.cells.append(cells)
            self._spans.append(span)
            if border is not None:
                self._borders[z] = border
            if self.width is not None:
                self.width.update(energy, mean)

    def _seen(self, z: int) -> tuple[FloatMap, FloatMap, float, float, NDArray[np.bool_] | None]:
        bands = self._looked.bands(z)
        cells = coarse_cells(bands, self._preparation.weights)
        low, high = _robust_range([to_guide(_thinned(bands), self._preparation)])
        border = zero_border(bands)
        if border is not None and self._looked is not self._reader:
            border = zero_border(self._reader.bands(z))
        if not self._places:
            return cells, cells, 0.0, high - low, border
        seen = np.stack([to_guide(bands[place], self._preparation) for place in self._places])
        return cells, energies(seen), float(seen.mean()), high - low, border

    def missing(self) -> Missing | None:
        """Return which planes and borders are missing; None where all is there."""
        planes = self._reader.stack.n_planes
        most = max(self._spans, default=0.0)
        empty = frozenset(z for z, span in enumerate(self._spans) if span < EMPTY * most)
        shown = {z: border for z, border in self._borders.items() if z not in empty}
        borders = moving_borders(shown, planes - len(empty))
        return Missing(planes=empty, borders=borders) if empty or borders else None


def _thinned(bands: NDArray[Any]) -> NDArray[Any]:
    return bands[:: max(1, bands.shape[0] // 64), :: max(1, bands.shape[1] // 64)]


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


def _robust_range(planes: list[NDArray[Any]]) -> tuple[float, float]:
    """Find the range of most pixels over the planes; the whole range where most are equal."""
    low, high = np.inf, -np.inf
    for plane in planes:
        few = plane[:: max(1, plane.shape[0] // 256), :: max(1, plane.shape[1] // 256)]
        bottom, top = quantiles(few.ravel(), RANGE)
        low, high = min(low, float(bottom)), max(high, float(top))
    if high <= low:
        low = min(float(plane.min()) for plane in planes)
        high = max(float(plane.max()) for plane in planes)
    return low, high


def _refuse_extreme(reader: PlaneReader, ranges: list[tuple[float, float]]) -> None:
    """Refuse values whose squares 32-bit floating point cannot hold."""
    largest = max(abs(limit) for pair in ranges for limit in pair)
    span = max(high - low for low, high in ranges)
    if largest > LARGEST or 0 < span < 1 / LARGEST:
        raise ReadError(
            f"The values of {reader.stack.name} lie within {span:g} of each other, up to "
            f"{largest:g}: beyond what can be computed with. Bring them into a usual range first, "
            f"for example 0 to 1."
        )


def _constant(reader: PlaneReader | Windows) -> bool:
    """Tell whether all that is looked at has one value."""
    value = reader.bands(0).flat[0]
    return not any(np.any(reader.bands(z) != value) for z in range(reader.stack.n_planes))


def _identical(reader: PlaneReader, samples: list[NDArray[Any]]) -> bool:
    """Tell whether all planes are equal; hardly anything is read where they are not."""
    first = samples[0]
    rows = slice(None, None, max(1, len(first) - 1))
    if not all(np.array_equal(first[rows], one[rows]) for one in samples[1:]):
        return False
    if not all(np.array_equal(first, one) for one in samples[1:]):
        return False
    height = reader.stack.plane_shape[0]
    for top in range(0, height, SIDE):
        part = slice(top, min(top + SIDE, height))
        own = reader.bands(0, part)
        others = range(1, reader.stack.n_planes)
        if not all(np.array_equal(own, reader.bands(z, part)) for z in others):
            return False
    return True


def _whole_ranges(reader: PlaneReader) -> list[tuple[float, float]]:
    """Find the range of each band in all rows of some planes, a few rows at a time."""
    height = reader.stack.plane_shape[0]
    ranges = [(np.inf, -np.inf)] * reader.n_bands
    for z in sampled_planes(reader.stack.n_planes):
        for top in range(0, height, SIDE):
            bands = reader.bands(z, slice(top, min(top + SIDE, height)))
            ranges = [
                (min(low, float(bands[..., k].min())), max(high, float(bands[..., k].max())))
                for k, (low, high) in enumerate(ranges)
            ]
    return ranges


def _refuse_constant(reader: PlaneReader) -> None:
    value = reader.bands(0).flat[0]
    for z in range(reader.stack.n_planes):
        if np.any(reader.bands(z) != value):
            return
    raise ReadError(
        f"All pixels of {reader.stack.name} are {value}: there is nothing to focus on. "
        f"Look whether the right file, series and channel were opened."
    )


def _float(band: NDArray[Any]) -> FloatMap:
    return np.ascontiguousarray(band, np.float32)
