"""Physical sizes: how each kind of file says them, in one set of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

__all__ = [
    "METRES",
    "NO_SIZES",
    "Sizes",
    "at_positions",
    "decimal",
    "imagej_sizes",
    "lsm_sizes",
    "micromanager_sizes",
    "plain_unit",
    "sizes_of",
]

#: Units of length in metres, under the names that we use.
METRES = {"pm": 1e-12, "nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0, "Å": 1e-10}

SPELLINGS = {
    "µm": "um",
    "μm": "um",
    "micron": "um",
    "microns": "um",
    "micrometer": "um",
    "micrometre": "um",
    "micrometers": "um",
    "nanometer": "nm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "metre": "m",
    "angstrom": "Å",
    "angstroms": "Å",
    "a": "Å",
    "ångström": "Å",
    "âµm": "um",
    "μ": "um",
    "µ": "um",
    "u": "um",
    "microm": "um",
    "micrometres": "um",
    "micro-meter": "um",
    "mikrometer": "um",
    "&#181;m": "um",
    "&micro;m": "um",
    "nanometre": "nm",
    "nanometers": "nm",
    "nanometres": "nm",
    "millimetre": "mm",
    "millimeters": "mm",
    "millimetres": "mm",
    "centimetre": "cm",
    "centimeters": "cm",
    "centimetres": "cm",
    "meters": "m",
    "metres": "m",
    "picometer": "pm",
    "picometre": "pm",
}


@dataclass(frozen=True)
class Sizes:
    """What a file says about lengths: step of the planes, height and width of a pixel.

    Planes that do not lie at equal steps have positions; a note says what was guessed.
    """

    z_step: float | None = None
    pixel_size: tuple[float, float] | None = None
    unit: str | None = None
    z_positions: tuple[float, ...] | None = None
    note: str = ""


NO_SIZES = Sizes()


def plain_unit(text: str | None) -> str | None:
    """Name a unit of length the way the rest of the package does, or None when it is none.

    Examples
    --------
    >>> plain_unit("micron"), plain_unit("nm"), plain_unit("pixel")
    ('um', 'nm', None)
    """
    word = (text or "").strip(" \t\r\n\0[]()").replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    word = SPELLINGS.get(word, SPELLINGS.get(word.lower(), word))
    if word not in METRES and word.lower() in ("um", "nm", "mm", "cm"):
        return word.lower()
    return word if word in METRES else None


def at_positions(sizes: Sizes, positions: Sequence[float], unit: str | None) -> Sizes:
    """Take the step from the positions of the planes; where steps differ, keep the positions.

    Parameters
    ----------
    sizes : Sizes
        What is known besides.
    positions : sequence of float
        Of each plane.
    unit : str or None
        Their unit.
    """
    if sizes.unit and unit and unit != sizes.unit:
        positions = [value * METRES[unit] / METRES[sizes.unit] for value in positions]
    steps = [after - before for before, after in pairwise(positions)]
    if not steps or min(map(abs, steps)) == 0 or len({step > 0 for step in steps}) > 1:
        return sizes
    mean = abs(positions[-1] - positions[0]) / len(steps)
    known = replace(sizes, z_step=mean, unit=sizes.unit or unit)
    if max(abs(abs(step) - mean) for step in steps) <= 0.02 * mean:
        return known
    apart = tuple(abs(value - positions[0]) for value in positions)
    low, high = min(map(abs, steps)), max(map(abs, steps))
    note = (
        f"The planes lie at unequal steps, {low:.4g} to {high:.4g} {known.unit or 'units'}: "
        "heights follow their positions."
    )
    return replace(known, z_positions=apart, note=note)


def sizes_of(z: Length, y: Length, x: Length) -> Sizes:
    """Bring three lengths with units into the one unit of the pixel, or of the step."""
    known = [unit for value, unit in (x, y, z) if value and unit]
    unit = known[0] if known else None
    steps = [_in_unit(length, unit) for length in (z, y, x)]
    pixel = (steps[1], steps[2]) if steps[1] and steps[2] else None
    return Sizes(steps[0], pixel, unit)


#: A value and its unit, either of which may be unknown.
Length = tuple[float | None, str | None]


def _in_unit(length: Length, unit: str | None) -> float | None:
    value, own = length
    if not value or not abs(value) < float("inf"):
        return None
    if own == unit:
        return abs(value)
    return abs(value) * METRES[own] / METRES[unit] if own and unit else None


def imagej_sizes(metadata: Mapping[str, Any], resolution: tuple[float, float]) -> Sizes:
    """Read the sizes of an ImageJ file: spacing, unit, and pixels per unit (rows, columns)."""
    unit = plain_unit(str(metadata.get("unit", "")))
    height, width = (1 / value if value and unit else None for value in resolution)
    units = [plain_unit(str(metadata.get(f"{axis}unit", ""))) or unit for axis in "zy"]
    spacing = metadata.get("spacing")
    step = decimal(spacing)
    return sizes_of((step, units[0]), (height, units[1]), (width, unit))


def decimal(value: Any) -> float | None:
    """Return a number, also one with a comma, as programs of some countries write it."""
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        return None


def lsm_sizes(metadata: Mapping[str, Any]) -> Sizes:
    """Read the sizes of a Zeiss LSM file, which are in metres."""
    step, height, width = (_micrometres(metadata.get(f"VoxelSize{axis}")) for axis in "ZYX")
    return sizes_of((step, "um"), (height, "um"), (width, "um"))


def micromanager_sizes(summary: Mapping[str, Any]) -> Sizes:
    """Read the sizes of a Micro-Manager file, which are in micrometres."""
    step, pixel = summary.get("z-step_um"), summary.get("PixelSize_um")
    return sizes_of((step, "um"), (pixel, "um"), (pixel, "um"))


def _micrometres(metres: float | None) -> float | None:
    return metres * 1e6 if metres else None
