"""``napari-mfif info``: what a file holds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from napari_mfif.cli.options import add_reading, opened
from napari_mfif.errors import MfifError, ParameterError, ReadError
from napari_mfif.wording import on_command_line

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

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

    from napari_mfif.engine.memory import format_bytes

    names = _series(given)
    try:
        stack = opened(given, given.axes)
        _report(given, stack, None)
    except MfifError as error:
        _report(given, None, error)
        if not isinstance(error, ReadError):
            raise
        if len(names) < 2 or given.series is not None:
            raise
        print(json.dumps({"series": names}, indent=2) if given.json else _listed(names))
        return 0
    facts = {
        "name": stack.name,
        "axes": stack.axes,
        "shape": list(stack.shape),
        "dtype": str(stack.dtype),
        "z_step": stack.z_step,
        "pixel_size": stack.pixel_size,
        "unit": stack.unit,
        "channel_names": list(stack.channel_names),
        "notes": list(stack.notes),
        "series": names if len(names) > 1 else [],
    }
    if given.json:
        print(json.dumps(facts, indent=2))
        return 0
    print(f"{stack.name}: {stack.describe()}, {format_bytes(stack.nbytes)} of pixels")
    print(f"axes     {stack.axes} {' x '.join(map(str, stack.shape))}")
    if stack.pixel_size:
        height, width = stack.pixel_size
        print(f"pixel    {width:g} x {height:g} {stack.unit or ''}")
    if stack.channel_names:
        print(f"channels {', '.join(stack.channel_names)}")
    if stack.n_planes > 1:
        print(f"fusing   {_estimated(stack, given.method, given.memory)}")
    if given.drift and stack.n_planes > 1:
        from napari_mfif.engine.aligned import WORTH_ALIGNING, drift_of

        far = drift_of(stack)
        advice = "; try --align similarity" if far >= WORTH_ALIGNING else ""
        print(f"drift    planes lie up to {far:.1f} pixels apart{advice}")
    for note in map(on_command_line, stack.notes):
        print(note)
    if len(names) > 1 and given.series is None:
        print(_listed(names))
    return 0


def _report(given: argparse.Namespace, stack: ZStack | None, error: MfifError | None) -> None:
    """Write a report where one is asked for."""
    if given.report is None:
        return
    import json
    from pathlib import Path

    from napari_mfif.cli.report import report

    text = json.dumps(report(given.input, stack, error), indent=2)
    Path(given.report).write_text(text + "\n", encoding="utf-8")
    print(f"The report is in {given.report}: look through it, then add it to what you report.")


def _series(given: argparse.Namespace) -> list[str]:
    """Return the names of the z-stacks in what was given; none where it cannot be read."""
    from napari_mfif.io.series import series_names

    source = given.input[0] if len(given.input) == 1 else given.input
    try:
        return series_names(source, given.pattern)
    except ReadError:
        return []  # opening it says why


def _listed(names: list[str]) -> str:
    """Return the names of several z-stacks in lines."""
    width = len(str(len(names) - 1))
    lines = [f"{number:>{width}}  {name}" for number, name in enumerate(names)]
    return "\n".join([f"{len(names)} z-stacks, to be chosen with --series:", *lines])


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
