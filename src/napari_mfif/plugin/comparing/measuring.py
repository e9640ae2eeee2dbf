"""Measures of several results, one after the other, in a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.memory import default_budget
from napari_mfif.errors import MfifError
from napari_mfif.metrics.declare import Measure
from napari_mfif.metrics.evaluation import eight_bits, without_colour
from napari_mfif.metrics.registry import MEASURES, USUAL
from napari_mfif.plugin.comparing.matching import matched
from napari_mfif.plugin.comparing.sides import Piece, laid_over
from napari_mfif.plugin.comparing.true_heights import Depths, depths_of

__all__ = ["ARROWS", "Subject", "Value", "about", "measured", "possible"]

#: How the better direction is drawn.
ARROWS = {"higher": "\N{UPWARDS ARROW}", "lower": "\N{DOWNWARDS ARROW}",
          "nearer to 0": "\N{RIGHTWARDS ARROW} 0", "neither": ""}  # fmt: skip
#: What measures of heights need.
DEPTHS = "depth, true depth"
#: Of one result more measures than the usual ones tell how much detail there is.
ALONE = ("SF", "AG", "EN")
#: Bytes that a pixel of a plane takes while measures compare with it: grey, and its filtered forms.
BYTES = 3 * 8


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Parameters
    ----------
    key, name : str
        As of its `Side`.
    piece : Piece
        Its image.
    stack : ZStack, optional
        The planes it was fused from.
    channel : int
        Of the stack.
    is_picture : bool
        Whether it was made otherwise, so that its grey values may be of another kind.
    heights : Piece, optional
        Its heights, where it has any.
    """

    key: str
    name: str
    piece: Piece
    stack: ZStack | None = None
    channel: int = 0
    is_picture: bool = False
    heights: Piece | None = None


@dataclass(frozen=True)
class Value:
    """A measure of a subject, or where things stand.

    Parameters
    ----------
    fraction : float
        Share that is done.
    text : str
        What is done next.
    key, measure : str
        What was measured; empty where nothing was.
    value : float
        NaN where a measure is not defined.
    told : str
        What has to be known.
    """

    fraction: float
    text: str = ""
    key: str = ""
    measure: str = ""
    value: float = float("nan")
    told: str = ""


def possible(*, truth: bool, every: bool, heights: bool = False) -> list[str]:
    """Return the measures that can be computed, the usual ones or all of them.

    Those of heights, by true ones, come first: who has these wants to know that.
    """
    kinds = {"fused", "sources, fused"} | ({"fused, truth"} if truth else set())
    wanted = MEASURES if every else dict.fromkeys((*USUAL, *ALONE))
    images = [name for name in MEASURES if name in wanted and MEASURES[name].needs in kinds]
    return [name for name in MEASURES if heights and MEASURES[name].needs == DEPTHS] + images


def about(measure: Measure) -> str:
    """Say in plain text what a measure is, which values are better, and what fools it."""
    way = "Neither direction is better." if measure.better == "neither" else (
        f"{measure.better.capitalize()} is better."
    )  # fmt: skip
    several = [f"More than two planes: {measure.several}"] if measure.several else []
    lines = [measure.summary, f"{way} Range: {measure.span}.", *several]
    return "\n\n".join([*lines, f"What fools it: {measure.fooled}"])


def measured(
    subjects: Sequence[Subject],
    names: Sequence[str],
    truth: Piece | None,
    truth_name: str = "",
    true_heights: tuple[Piece | None, str] = (None, ""),
) -> Iterator[Value]:
    """Yield every measure of every subject as it is known; end it between two of them.

    Grey values are scaled by the range of the planes; those of pictures are matched first.
    """
    total = max(1, len(subjects) * (len(names) + 1))
    done = 0
    planes = _Planes()
    for subject in subjects:
        yield Value(done / total, f"reading {subject.name}")
        inputs, told = _inputs(subject, names, planes, (truth, truth_name))
        judged = _judged(subject, *true_heights, told)
        done += 1
        for sentence in told:
            yield Value(done / total, told=sentence)
        for name in names:
            yield Value(done / total, f"{name} of {subject.name}")
            done += 1
            given, where = inputs.get(MEASURES[name].needs), {}
            if MEASURES[name].needs == DEPTHS and judged is not None:
                given, where = (judged.found, judged.true), {"where": judged.where}
            if given is None:
                continue
            try:
                value = float(MEASURES[name].function(*given, **where))
            except MfifError as error:
                yield Value(done / total, told=f"{name} of {subject.name}: {error}")
                value = float("nan")
            yield Value(done / total, "", subject.key, name, value)


def _inputs(
    subject: Subject, names: Sequence[str], planes: _Planes, true: tuple[Piece | None, str]
) -> tuple[dict[str, tuple[Any, ...]], list[str]]:
    """Return what each kind of measure is given, and what has to be known."""
    needs = {MEASURES[name].needs for name in names}
    inputs: dict[str, tuple[Any, ...]] = {}
    told: list[str] = []
    try:
        image = subject.piece.read()
        sources = planes.of(subject, told) if needs & {"fused", "sources, fused"} else []
        fitting = [one for one in sources if one.shape[:2] == image.shape[:2]]
        if sources and not fitting:
            told.append(f"{subject.name} is not as large as the planes: not measured against them.")
        if subject.is_picture and fitting:
            grey = without_colour(image)
            image, said = matched(grey, without_colour(fitting[len(fitting) // 2]), subject.name)
            told.append(said)
        greys = eight_bits(fitting or [image], image)
        inputs["fused"] = greys[-1:]
        if fitting:
            inputs["sources, fused"] = greys
        if true[0] is not None and "fused, truth" in needs:
            inputs["fused, truth"], said = _with_truth(subject, true[0], true[1])
            told.append(said)
    except (MfifError, OSError) as error:
        told.append(str(error))
    return inputs, [sentence for sentence in told if sentence]


def _judged(subject: Subject, true: Piece | None, name: str, told: list[str]) -> Depths | None:
    """Return a result's heights and the true ones; nothing where one of them is not there."""
    if true is None or subject.heights is None or subject.stack is None:
        return None
    try:
        made = depths_of(subject.stack, subject.heights, true, (subject.name, name))
    except MfifError as error:
        told.append(str(error))
        return None
    if made.told:
        told.append(made.told)
    return made


def _with_truth(
    subject: Subject, truth: Piece, name: str
) -> tuple[tuple[NDArray[Any], NDArray[Any]], str]:
    """Return an image and its truth; of both it is the truth whose grey values are right."""
    image, true, _ = laid_over(subject.piece, truth, (subject.name, name))
    if image.ndim != true.ndim:
        image, true = (without_colour(one) for one in (image, true))
    if image.ndim > 2:
        return (image, true[..., : image.shape[2]]), ""
    changed, said = matched(true, image, name)
    return (image, changed), said


class _Planes:
    """The planes of stacks, read once each."""

    def __init__(self) -> None:
        self._read: dict[tuple[Any, ...], list[NDArray[Any]]] = {}

    def of(self, subject: Subject, told: list[str]) -> list[NDArray[Any]]:
        """Return the planes of a subject's stack; none, with a reason, where they are too many."""
        stack, time = subject.stack, subject.piece.time
        if stack is None:
            return []
        rows, columns = stack.plane_shape
        needed = BYTES * stack.n_planes * rows * columns
        if needed > default_budget():
            told.append(
                f"Measures against the {stack.n_planes} planes of {stack.name} would need "
                f"{needed / 1e9:.0f} GB of memory: left out."
            )
            return []
        key = (id(stack.pixels), subject.channel, time)
        if key not in self._read:
            self._read.clear()  # planes of one stack at a time are enough to hold
            t, c = time if "T" in stack.axes else 0, subject.channel
            self._read[key] = [stack.plane(z, t=t, c=c) for z in range(stack.n_planes)]
        return self._read[key]
