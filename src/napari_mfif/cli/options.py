"""What every command that fuses can be told: declared once, read back as arguments of `fuse`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from napari_mfif.errors import ParameterError
from napari_mfif.settings.options import (
    ALIGN,
    ALONG,
    COMPOSITION,
    DEVICES,
    HEIGHTS,
    MISSING,
    PREFER,
    REFERENCE,
    STROKES,
    UNSURE,
)
from napari_mfif.settings.parameters import Parameter, Settings

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

__all__ = [
    "add_options",
    "add_pattern",
    "add_reading",
    "add_spacing",
    "given_options",
    "given_recipe",
    "opened",
]


#: Of options with a few choices, what they are about.
CHOICES = {
    "composition": "how the result is put together; pyramid is for two modalities or exposures",
    "prefer": "where two depths compete: the sharper, the nearer (an earlier plane) or the farther",
    "missing": "which pixels are not there, beside NaN and infinity: zero borders that move and "
    "planes that show nothing (auto), every zero, or none",
    "unsure": "heights that are not known: mark them (NaN), fill them smoothly, or leave them",
    "align": "bring planes that drift or change in magnification to one another",
}


def _add_choices(parser: argparse.ArgumentParser, *parameters: Parameter) -> None:
    for one in parameters:
        parser.add_argument(f"--{one.name}", choices=one.choices, help=CHOICES[one.name])


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    parser.add_argument("--method", help="see napari-mfif methods")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the method or of the consistency verification",
    )
    parser.add_argument("--along", choices=ALONG, help="how planes are compared")
    _add_choices(parser, COMPOSITION, PREFER)
    parser.add_argument(
        "--weights",
        metavar="NAME",
        help="of a network: published, microscopy, or a folder made by napari-mfif train",
    )
    _add_alignment(parser)
    _add_choices(parser, MISSING, UNSURE)
    parser.add_argument(
        "--min-confidence",
        metavar="SHARE",
        help="from which confidence on heights are known, 0 to 1 (0.5)",
    )
    parser.add_argument("--axes", help="a letter out of TCZYXS per axis, where the file is silent")
    parser.add_argument("--channel", help="number or name of the channel that decides")
    parser.add_argument("--recipe", metavar="FILE", help="take all values from a recipe")
    parser.add_argument(
        "--strokes",
        choices=STROKES,
        default=STROKES[0],
        help="what was painted by hand and is in the recipe: replay it, or leave it out",
    )
    parser.add_argument("--device", default=DEVICES[0], choices=DEVICES)
    parser.add_argument("--memory", help="what it may use, for example 2GB")


def _add_alignment(parser: argparse.ArgumentParser) -> None:
    _add_choices(parser, ALIGN)
    parser.add_argument(
        "--reference",
        metavar="PLANE",
        help="the plane that others are brought to, counted from 0, or first, middle or last",
    )
    parser.add_argument(
        "--crop", action="store_true", default=None, help="keep only what all aligned planes cover"
    )


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Declare what the commands that open one z-stack can be told about it, but for its axes."""
    parser.add_argument(
        "--series", metavar="IMAGE", help="number or name of the image, where there are several"
    )
    add_pattern(parser)
    parser.add_argument(
        "--order",
        choices=("natural", "given"),
        default="natural",
        help="of several files: by the numbers in their names, or as they are given",
    )
    parser.add_argument(
        "--shape",
        metavar="N,N",
        help="lengths of the axes before rows and columns, with --axes: where pages of channels or "
        "times follow each other without a word",
    )
    add_spacing(parser)
    parser.add_argument(
        "--only-channel", metavar="CHANNEL", help="number or name of the one channel to take"
    )
    parser.add_argument(
        "--planes", metavar="N-N,N", help="which planes to take, counted from 0, as in 3-17,20"
    )
    parser.add_argument(
        "--region",
        metavar="Y:Y,X:X",
        help="which rows and columns to take, as in 100:400,200:600: the first, and the one behind "
        "the last",
    )


def add_spacing(parser: argparse.ArgumentParser) -> None:
    """Declare the options that give sizes, or correct them."""
    parser.add_argument(
        "--spacing",
        metavar="Z[,Y,X]",
        help="z step, or z step, height and width of a pixel, where the file is silent or wrong",
    )
    parser.add_argument("--unit", help="unit of the spacing: um, nm, mm")


def add_pattern(parser: argparse.ArgumentParser) -> None:
    """Declare the option that says what the names of files mean."""
    parser.add_argument(
        "--pattern",
        metavar="NAMES",
        help="what names of files mean, for example '{sample}_{z}.tif': plane {z}, channel {c}, "
        "time {t}, nothing {_}, any other word a z-stack of its own",
    )


def opened(given: argparse.Namespace, axes: str | None) -> ZStack:
    """Open the z-stack that a command was given."""
    from napari_mfif.arrays.parts import parse_planes, parse_region
    from napari_mfif.io import open_stack

    source = given.input[0] if len(given.input) == 1 else given.input
    names = ("series", "pattern", "order", "shape", "spacing", "unit")
    how = {name: getattr(given, name) for name in names}
    stack = open_stack(source, axes=axes, **how)
    if given.only_channel is not None:
        number = stack.channel_index(given.only_channel)
        stack = stack.only_channel(number) if stack.n_channels > 1 else stack
    rows, columns = parse_region(given.region) if given.region else (slice(None), slice(None))
    return stack.part(parse_planes(given.planes) if given.planes else None, rows, columns)


def given_recipe(given: argparse.Namespace) -> Any:
    """Return the recipe that was named, or None."""
    from napari_mfif.settings.recipe import Recipe

    return Recipe.load(given.recipe) if given.recipe else None


def given_options(given: argparse.Namespace, recipe: Any) -> Settings:
    """Return the arguments of `fuse` that decide the result, but for axes and the recipe itself.

    Raises
    ------
    ParameterError
        A name is unknown or a value is not possible.
    """
    method = given.method or (recipe.method if recipe else None)
    parameters, consistency = _assigned(given.set, method)
    for name in ("composition", "weights", "missing"):
        if getattr(given, name):
            parameters[name] = getattr(given, name)
    for height in HEIGHTS:
        if (text := getattr(given, height.name)) is not None:
            parameters[height.name] = height.parse(text)
    if given.prefer:
        consistency["prefer"] = given.prefer
    return {
        "method": given.method,
        "channel": given.channel,
        "along": given.along,
        "align": given.align,
        "reference": None if given.reference is None else REFERENCE.parse(given.reference),
        "crop": given.crop,
        "consistency": consistency,
        **({} if given.strokes == STROKES[0] else {"strokes": given.strokes}),
        **parameters,
    }


def _assigned(assignments: Sequence[str], method: str | None) -> tuple[Settings, Settings]:
    """Sort NAME=VALUE texts into those of the method and those of the verification."""
    from napari_mfif import methods
    from napari_mfif.settings.consistency import CONSISTENCY
    from napari_mfif.settings.parameters import unknown_name

    own = {p.name: p for p in methods.get(method or methods.DEFAULT).all_parameters()}
    cleaning = {p.name: p for p in CONSISTENCY}
    parameters: Settings = {}
    consistency: Settings = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ParameterError(f"--set {assignment} is not of the form NAME=VALUE.")
        name = name.strip().replace("-", "_")
        if name in own:
            parameters[name] = own[name].parse(text)
        elif name in cleaning:
            consistency[name] = cleaning[name].parse(text)
        else:
            known = {**own, **cleaning}
            raise ParameterError(unknown_name("parameter", name, known, of=method or ""))
    return parameters, consistency
