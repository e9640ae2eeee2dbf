"""What a method is: a fold that takes planes, one after the other, into a state per region."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntFlag
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from napari_mfif.kernels.noise import NoiseLine
from napari_mfif.settings.options import COMPOSING, COMPUTING, PREPARATION
from napari_mfif.settings.parameters import Parameter, Settings

__all__ = [
    "FEW_PLANES",
    "Answer",
    "Cause",
    "FloatMap",
    "Method",
    "Plane",
    "Region",
    "Survey",
]

FloatMap = NDArray[np.float32]


@dataclass(frozen=True)
class Region:
    """The rectangle of a plane that one state is responsible for, its halo included.

    Parameters
    ----------
    top, bottom : int
        First row and the row after the last, in the whole plane.
    left, right : int
        First column and the column after the last.
    """

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> Region:
        """Return the region that is a whole plane of this shape."""
        return cls(0, shape[0], 0, shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, to index a plane with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, outer: Region) -> Region:
        """Return the same rectangle as seen from the corner of another one."""
        return Region(
            self.top - outer.top,
            self.bottom - outer.top,
            self.left - outer.left,
            self.right - outer.left,
        )

    def widened(self, margin: int, shape: tuple[int, int]) -> Region:
        """Return it with a margin on all sides, inside a plane of this shape."""
        return Region(
            max(0, self.top - margin),
            min(shape[0], self.bottom + margin),
            max(0, self.left - margin),
            min(shape[1], self.right + margin),
        )


@dataclass(frozen=True)
class Plane:
    """One plane, or the part of it that belongs to a region.

    Parameters
    ----------
    index : int
        Its number in the z-stack, from 0.
    guide : float32, (Y, X)
        The image on which sharpness is judged: one channel or the mean of several, mapped by
        the survey's `offset` and `gain` so that the bulk of the stack lies in 0 to 1.
    pixels : (Y, X, K)
        What is fused: channels and colour samples side by side, in the stack's own type (float32
        when the planes' brightness was equalised). K is 0 for methods that do not blend.
    white : bool, (Y, X), optional
        Where nearly all about a pixel is at the camera's white.
    """

    index: int
    guide: FloatMap
    pixels: NDArray[Any]
    white: NDArray[np.bool_] | None = None

    def cut(self, region: Region) -> Plane:
        """Cut out a region, without a copy."""
        place = region.slices
        return Plane(self.index, self.guide[place], self.pixels[place])


@dataclass(frozen=True)
class Survey:
    """What a quick look at the stack told, once, before the planes are folded.

    Parameters
    ----------
    n_planes : int
        How many planes will come.
    plane_shape : (int, int)
        Rows and columns of a whole plane.
    n_bands : int
        K, the last axis of `Plane.pixels`.
    offset, gain : float
        ``guide = (grey - offset) * gain``.
    noise : NoiseLine
        The noise line of `Plane.guide`.
    mean : float32, (Y/4, X/4)
        Mean over some planes of `Plane.guide` in squares of 4 x 4 pixels, of the whole plane or of
        the region and more; ``None`` while that is left to the regions, as with large planes.
    facts : dict
        What the method asked for, see `Method.facts`. ``inverting``: share of the textured places
        in which contrast inverts through focus. ``focus_width``: standard deviation of the
        focus curve's peak in planes, ``None`` where it cannot be told.
    origin : (int, int)
        Row and column of the plane at which `mean` starts.
    """

    n_planes: int
    plane_shape: tuple[int, int]
    n_bands: int
    offset: float
    gain: float
    noise: NoiseLine
    mean: FloatMap | None
    facts: dict[str, Any] = field(default_factory=dict)
    origin: tuple[int, int] = (0, 0)


#: Of fewer planes the first and the last are most of the stack: something is sharpest there.
FEW_PLANES = 6


class Cause(IntFlag):
    """Why the depth of a pixel cannot be told, as bits of `Answer.causes`."""

    #: Contrast inverts through focus.
    INVERTS = 1
    #: It is sharpest in the first or the last plane by far: what is in focus may lie beyond.
    BEYOND = 2
    #: It has texture, and all planes show it alike.
    ALIKE = 4
    #: Nearly all about it the plane decided for, or one beside it, is at the camera's white.
    SATURATED = 8
    #: There is nothing but noise.
    FLAT = 16
    #: It lies beside something whose contrast inverts.
    BESIDE = 32
    #: It is sharpest in the first or the last plane, hardly more than beside; with `BEYOND` either.
    AT_END = 64


@dataclass
class Answer:
    """What a method found out in its region.

    Parameters
    ----------
    depth : float32, (Y, X)
        Plane index with fractions.
    decision : uint16, (Y, X)
        The plane to take.
    confidence : float32, (Y, X)
        Probability, 0 to 1, that `depth` is right within one plane.
    pixels : float32, (Y, X, K), optional
        Fused pixels in the units of `Plane.pixels`, where the method blends.
    weight : float32, (Y, X), optional
        For two planes: how much of plane 1 is taken, 0 to 1, where a method has a soft focus map.
    runner_up : uint16, (Y, X), optional
        The plane that competes with `decision`, the same one where none does.
    causes : uint8, (Y, X), optional
        Why the depth cannot be told: bits of `Cause`.
    has_maps, weighed : bool, optional
        Whether depth, decision and confidence were found out (they are zeros where not), and
        whether the confidence has learnt what it is worth where depths compete and in end planes.
    """

    #: What it consists of, besides `pixels`.
    MAPS: ClassVar = ("depth", "decision", "confidence", "weight", "runner_up", "causes")

    depth: FloatMap
    decision: NDArray[np.uint16]
    confidence: FloatMap
    pixels: FloatMap | None = None
    weight: FloatMap | None = None
    runner_up: NDArray[np.uint16] | None = None
    causes: NDArray[np.uint8] | None = None
    has_maps: bool = field(default=True, kw_only=True)
    weighed: bool = field(default=False, kw_only=True)

    def doubted(self, noise: NDArray[np.bool_], alike: NDArray[np.bool_]) -> Answer:
        """Return the same with `Cause.FLAT` and `Cause.ALIKE`."""
        return replace(self, causes=noise * np.uint8(Cause.FLAT) + alike * np.uint8(Cause.ALIKE))

    @classmethod
    def of_pixels(cls, pixels: FloatMap) -> Answer:
        """Return an answer of pixels alone, whose maps take no memory."""
        shape = pixels.shape[:2]
        nothing = np.broadcast_to(np.float32(0), shape)
        return cls(nothing, np.broadcast_to(np.uint16(0), shape), nothing, pixels, has_maps=False)

    def cut(self, region: Region) -> Answer:
        """Return only this region."""
        place = region.slices
        maps = {name: getattr(self, name) for name in (*self.MAPS, "pixels")}
        cut: dict[str, Any] = {k: None if m is None else m[place] for k, m in maps.items()}
        return replace(self, **cut)


class Method(ABC):
    """A way to fuse, declared once: its words, its parameters, its fold."""

    #: The name in Python and on the command line.
    name: ClassVar[str]
    #: The name in a form.
    title: ClassVar[str]
    #: One plain sentence: what it is good for.
    summary: ClassVar[str]
    #: Paper, with DOI where there is one.
    reference: ClassVar[str] = ""
    #: What may be set, besides `PREPARATION` and `COMPOSING`, which every method has, and
    #: `COMPUTING`, which those with a network have.
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    #: How planes are compared: ``joint`` (all at once), ``sequential`` (result so far, next).
    along: ClassVar[tuple[str, ...]] = ("joint",)
    #: Whether it needs torch and trained weights.
    neural: ClassVar[bool] = False
    #: Whether pixels are blended by the method itself (otherwise they are copied by the decision).
    blends: ClassVar[bool] = False
    #: Whether it tells which depth competes with the one decided for, in `Answer.runner_up`.
    knows_rivals: ClassVar[bool] = False
    #: What it wants the survey to find out, in `Survey.facts`.
    facts: ClassVar[tuple[str, ...]] = ("inverting",)
    #: Where the consistency verification of its z-stacks starts from, other than the usual.
    verification: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: The same for two planes: what its paper does after the decision.
    pair_verification: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: How often it has to see the planes.
    passes: ClassVar[int] = 1
    #: How many processors it keeps busy with one region.
    threads: ClassVar[int] = 1
    #: Rows and columns by which a region sees beyond what it answers for, and to a multiple of
    #: which regions are cut.
    tile_halo: ClassVar[int] = 0
    stride: ClassVar[int] = 1

    def all_parameters(self) -> tuple[Parameter, ...]:
        """Return its own parameters and those it shares with others: what acts last comes last."""
        computing = COMPUTING if self.neural else ()
        return (*self.parameters, *computing, *PREPARATION, *COMPOSING)

    @abstractmethod
    def begin(self, region: Region, settings: Settings, survey: Survey) -> Any:
        """Make the state for a region.

        `settings` holds a value for each of `parameters`, and ``along`` and ``device`` besides. A
        method that blends may leave out all but the pixels where ``maps`` is there and false.
        """

    @abstractmethod
    def update(self, state: Any, plane: Plane) -> None:
        """Take the next plane, cut to the region, into the state; its buffers are reused later."""

    def turn(self, state: Any) -> None:  # noqa: B027 (most methods see the planes once)
        """Get ready for the next pass over the planes, where `passes` is more than one."""

    @abstractmethod
    def finish(self, state: Any) -> Answer:
        """Return the answer so far for the region, halo included; the state stays as it is."""

    @abstractmethod
    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the score map of one whole plane, on the method's own scale: larger is sharper."""

    def halo(self, settings: Settings) -> int:
        """Return on how many rows and columns beyond a part the answer there depends."""
        return self.tile_halo

    def grid(self, settings: Settings) -> int:
        """Return to a multiple of how many pixels regions are cut."""
        return self.stride

    def comparisons(self, settings: Settings, n_planes: int) -> int:
        """Return how many pairs of planes are compared, at a cost of their own."""
        return 0

    def makes_pixels(self, settings: Settings, n_planes: int) -> bool:
        """Return whether pixels are made by the method itself, with some settings."""
        return self.blends

    def extra_bytes(self, n_bands: int, settings: Settings, n_planes: int) -> int:
        """Return the bytes of state per pixel that come on top with some settings."""
        return 0

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel of a region, scratch memory included."""
        return 16 + 8 * n_bands
