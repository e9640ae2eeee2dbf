"""``napari-mfif info``: what a file holds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from napari_mfif.cli.options import add_reading, opened
from napari_mfif.cli.pixel_facts import in_words, looked_at
from napari_mfif.errors import MfifError, ParameterError, ReadError
from napari_mfif.wording import on_command_line

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack
    from napari_mfif.io.series import Series

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "info", help="say what a file holds, and what fusing it would take"
    )
    parser.add_argument("input", nargs="+")
    parser.add_argument("--axes")
    add_reading(parser)
    parser.add_argument("--method", help="estimate time and memory of this method, by trying a bit")
    parser.add_argument("--memory", help="what it may use, for example 2GB")
    parser.add_argument(
        "--drift", action="store_true", help="look at some planes whether they lie on one another"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write what a report of a problem should hold: versions, axes, sizes, noise and "
        "notes; no pixels, no names of files",
    )
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Print what a file holds."""
    import json

    several = _series(given)
    try:
        stack = opened(given, given.axes)
        _report(given, stack, None, several)
    except MfifError as error:
        _report(given, None, error, several)
        if not isinstance(error, ReadError) or len(several) < 2 or given.series is not None:
            raise
        print(json.dumps(_facts_of(several), indent=2) if given.json else _listed(several))
        return 0
    if given.json:
        print(json.dumps(_facts(given, stack, several), indent=2))
        return 0
    for line in _lines(given, stack):
        print(line)
    if len(several) > 1 and given.series is None:
        print(_listed(several))
    return 0


def _facts(given: argparse.Namespace, stack: ZStack, several: Sequence[Series]) -> dict[str, Any]:
    """Return what is known of a z-stack, for programs."""
    facts: dict[str, Any] = {
        "name": stack.name,
        "axes": stack.axes,
        "shape": list(stack.shape),
        "dtype": str(stack.dtype),
        "z_step": stack.z_step,
        "pixel_size": stack.pixel_size,
        "unit": stack.unit,
        "channel_names": list(stack.channel_names),
        "notes": list(stack.notes),
        "series": [],
    }
    if len(several) > 1:
        facts |= _facts_of(several)
    facts["pixels"] = looked_at(stack)
    return facts


def _facts_of(several: Sequence[Series]) -> dict[str, Any]:
    """Return what is known of several images, for programs."""
    images = [
        {"number": number, "name": one.name, "axes": one.axes, "shape": list(one.lengths)}
        for number, one in enumerate(several)
    ]
    return {"series": [one.name for one in several], "images": images}


def _lines(given: argparse.Namespace, stack: ZStack) -> Iterator[str]:
    """Yield what is known of a z-stack, for people."""
    from napari_mfif.engine.memory import format_bytes

    yield f"{stack.name}: {stack.describe()}, {format_bytes(stack.nbytes)} of pixels"
    yield f"axes     {stack.axes} {' x '.join(map(str, stack.shape))}"
    if stack.pixel_size:
        height, width = stack.pixel_size
        yield f"pixel    {width:g} x {height:g} {stack.unit or ''}"
    if stack.channel_names:
        yield f"channels {', '.join(stack.channel_names)}"
    if stack.n_planes > 1:
        yield f"fusing   {_estimated(stack, given.method, given.memory)}"
    if stack.n_planes > 1:
        yield from in_words(looked_at(stack))
    if given.drift and stack.n_planes > 1:
        from napari_mfif.engine.aligned import WORTH_ALIGNING, drift_of

        far = drift_of(stack)
        advice = "; try --align similarity" if far >= WORTH_ALIGNING else ""
        yield f"drift    planes lie up to {far:.1f} pixels apart{advice}"
    yield from map(on_command_line, stack.notes)


def _report(
    given: argparse.Namespace,
    stack: ZStack | None,
    error: MfifError | None,
    several: Sequence[Series],
) -> None:
    """Write a report where one is asked for."""
    if given.report is None:
        return
    import json
    from pathlib import Path

    from napari_mfif.cli.report import report

    text = json.dumps(report(given.input, stack, error, several), indent=2)
    Path(given.report).write_text(text + "\n", encoding="utf-8")
    print(f"The report is in {given.report}: look through it, then add it to what you report.")


def _series(given: argparse.Namespace) -> list[Series]:
    """Return the images in what was given; none where it cannot be read."""
    from napari_mfif.io.series import list_series

    source = given.input[0] if len(given.input) == 1 else given.input
    try:
        return list_series(source, given.pattern)
    except ReadError:
        return []  # opening it says why


def _listed(several: Sequence[Series]) -> str:
    """Return a table of several images: number, name, axes and sizes."""
    rows = [
        (str(number), one.name, one.axes, " x ".join(map(str, one.lengths)))
        for number, one in enumerate(several)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0]:>{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    ]
    return "\n".join([f"{len(several)} images, to be chosen with --series:", *lines])


def _estimated(stack: ZStack, method: str | None, memory: str | None) -> str:
    """Say what a fusion would take, or why it would fail."""
    from napari_mfif.engine.memory import parse_bytes
    from napari_mfif.fusion.estimate import estimate
    from napari_mfif.methods import DEFAULT

    budget = None if memory is None else parse_bytes(memory)
    try:
        found = estimate(stack, method or DEFAULT, memory=budget)
    except ParameterError:
        raise
    except MfifError as error:
        return on_command_line(str(error))
    return f"{found} with {method or DEFAULT}"
