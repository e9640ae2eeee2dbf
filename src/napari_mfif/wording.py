"""Messages in the words of where they are read: Python, the command line, or napari's window.

A message is written once, as it is read in Python: what can be set stands in backquotes, as in
``Say so by `axes="ZCYX"`.`` On the command line that becomes ``--axes ZCYX``, in the window the
name of the control, ``Axes: ZCYX``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

__all__ = ["in_window", "on_command_line", "quoted", "sign_of"]

#: What is no parameter of a method: its option, and its control in the window.
SETTINGS = {
    "align": ("--align", "Planes move by"),
    "along": ("--along", "Compare planes"),
    "axes": ("--axes", "Axes"),
    "channel": ("--channel", "Decide on"),
    "consistency": ("--set", "Clean up the decision"),
    "crop": ("--crop", "Crop to what all planes cover"),
    "device": ("--device", "Preferences > Focus stacking > Device for networks"),
    "lazy": ("--lazy", "Fuse only what is in view"),
    "memory": ("--memory", "Preferences > Focus stacking > Memory"),
    "method": ("--method", "Method"),
    "min_confidence": ("--min-confidence", "Sure from"),
    "missing": ("--missing", "Missing pixels"),
    "columns": ("--region", "Region"),
    "only_channel": ("--only-channel", "Fuse"),
    "planes": ("--planes", "Sizes and planes > Planes"),
    "reference": ("--reference", "Reference plane"),
    "region": ("--region", "Region"),
    "rows": ("--region", "Region"),
    "order": ("--order", "Order of the planes"),
    "overwrite": ("--overwrite", "Replace"),
    "pattern": ("--pattern", "Meaning of the file names"),
    "photons": ("--photons", "Photons"),
    "prefer": ("--prefer", "Prefer"),
    "recipe": ("--recipe", "Recipe"),
    "series": ("--series", "Image"),
    "shape": ("--shape", "Axes"),
    "spacing": ("--spacing", "Z step and pixel size"),
    "strokes": ("--strokes", "Strokes of the recipe"),
    "transforms": ("--transforms", "Alignment"),
    "unit": ("--unit", "Unit"),
    "unsure": ("--unsure", "Unsure places"),
    "weights": ("--weights", "Weights"),
}

#: A number's unit. Files, Python and terminals have it in plain letters, which programs read and
#: every console shows; the window has its sign.
_MICROMETRES = re.compile(r"(?<=[0-9] )um\b")

_SETTING = re.compile(r"`(\w+)=([^`]*)`")


def on_command_line(message: str) -> str:
    """Return a message with options in place of Python's arguments."""
    return _each(message, _option)


def in_window(message: str) -> str:
    """Return a message with the names of controls in place of Python's arguments."""
    return _MICROMETRES.sub(sign_of("um"), _each(message, _control))


def quoted(name: str) -> str:
    """Return the name of a control as it stands in a sentence."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}"


def sign_of(unit: str) -> str:
    """Return a unit as the window writes it."""
    return "\N{MICRO SIGN}m" if unit == "um" else unit


def _each(message: str, say: Callable[[str, str], str]) -> str:
    replaced = _SETTING.sub(lambda found: say(found[1], found[2]), message)
    return replaced.replace("`", "")


def _option(name: str, value: str) -> str:
    option = SETTINGS[name][0] if name in SETTINGS else f"--set {name}"
    if value in ("", "True"):
        return option
    joined = " " if name in SETTINGS else "="
    return f"{option}{joined}{shlex.quote(value.strip(chr(34)))}"


def _control(name: str, value: str) -> str:
    control = SETTINGS[name][1] if name in SETTINGS else name.replace("_", " ").capitalize()
    plain = value.strip('"')
    return quoted(control if value in ("", "True") else f"{control}: {plain}")
