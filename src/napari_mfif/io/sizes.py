"""Physical sizes: how each kind of file says them, in one set of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_SIZES", "Sizes", "imagej_sizes", "lsm_sizes", "micromanager_sizes", "plain_unit"]

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
}


@dataclass(frozen=True)
class Sizes:
    """What a file says about lengths: step of the planes, height and width of a pixel."""

    z_step: float | None = None
    pixel_size: tuple[float, float] | None = None
    unit: str | None = None


NO_SIZES = Sizes()


def plain_unit(text: str | None) -> str | None:
    """Name a unit of length the way the rest of the package does, or None when it is none.

    Examples
    --------
    >>> plain_unit("micron"), plain_unit("nm"), plain_unit("pixel")
    ('um', 'nm', None)
    """
    word = (text or "").strip().replace("\\u00B5", "µ").replace("\\u00b5", "µ")
    word = SPELLINGS.get(word, SPELLINGS.get(word.lower(), word))
    return word if word in METRES else None


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
    step = float(spacing) if isinstance(spacing, (int, float)) else None
    return sizes_of((step, units[0]), (height, units[1]), (width, unit))


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
