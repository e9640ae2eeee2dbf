"""What parts of file names mean by themselves: words before numbers, units after them, dyes."""

from __future__ import annotations

import re

__all__ = ["AXIS_OF_UNIT", "DYE", "GENERIC", "STAMP", "WORDS", "axis_of"]

_BY_AXIS = {
    "Z": (
        "z zs zl zpos zplane zslice zstep zlevel slice sl plane pln focus foc depth layer ebene "
        "schicht coupe tranche plano corte fetta 层 層 面"
    ),
    "T": "t time timepoint tp tl tm frame fr zeit temps tiempo tempo 时间 時間",
    "C": "c ch chn chan channel w wv wavelength lambda kanal canal canale 通道",
    "P": (
        "p pos position s series xy x y row col column f fld field well tile m fov site scene roi "
        "cycle region view angle point stage sample specimen mouse animal embryo fish larva worm "
        "organoid plate dish slide rep replicate repeat process probe muestra campione 样品 样本"
    ),
}

#: Words before a number, and the axis they stand for; P is a position, which is another z-stack.
WORDS = {word: axis for axis, words in _BY_AXIS.items() for word in words.split()}

#: Units after a number, and the axis it measures, where no word says so.
AXIS_OF_UNIT = {
    "um": "Z", "µm": "Z", "μm": "Z", "mm": "Z", "nm": "C",
    "h": "T", "hr": "T", "hrs": "T", "hpf": "T", "min": "T", "sec": "T",
}  # fmt: skip

#: Letters after a number, where no word stands before it: ``012z_003t``.
SUFFIXES = {"z": "Z", "t": "T", "ch": "C", "x": "P", "y": "P"}

#: Words that cameras and programs put before every number: they say nothing.
GENERIC = frozenset(
    "img image im dsc dscn dscf dscp pic picture photo snap snapshot capture scan stack pxl wa "
    "burst untitled default output export result tif tiff".split()
)

_NAMES = (
    "DAPI|Hoechst|FITC|TRITC|TexasRed|TxRed|TXR|Cy[2357](?:[.]5)?|e?GFP|e?YFP|e?CFP|e?BFP|RFP|"
    "mCherry|tdTomato|mKate|AF[ -]?[4-7]\\d\\d|Alexa[ -]?[4-7]\\d\\d|BF|Brightfield|DIC|Phase|"
    "TL|TransLight|Trans"
)

#: Names of channels, standing alone.
DYE = re.compile(rf"(?<![A-Za-z0-9])(?:{_NAMES})(?![A-Za-z0-9])", re.IGNORECASE)

_DATE = r"(?:19|20)\d\d(?P<d>[-_.]?)(?:0[1-9]|1[0-2])(?P=d)(?:0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]\d|2[0-3])(?P<c>[-_.:h]?)[0-5]\d(?:(?P=c)|m?)[0-5]\d(?:[.,]\d+|\d{3})?s?"

#: How long something had been going on: ``00d01h30m``.
DURATION = re.compile(
    r"(?<![A-Za-z\d])(?:\d{1,3}d)?\d{1,3}h\d{1,2}m(?:in)?(?:\d{1,2}s)?(?![A-Za-z\d])", re.IGNORECASE
)

#: A date, with the time of the day where it is there.
STAMP = re.compile(rf"(?<!\d){_DATE}(?:[-_ T.]{{1,3}}{_CLOCK})?(?!\d)")


def axis_of(word: str, unit: str = "") -> str:
    """Return the axis of a number between a word and a unit; empty where neither is known.

    Examples
    --------
    >>> axis_of("Z"), axis_of("mouse"), axis_of("bead", "um"), axis_of("bead")
    ('Z', 'P', 'Z', '')
    """
    return WORDS.get(word.lower()) or AXIS_OF_UNIT.get(unit, AXIS_OF_UNIT.get(unit.lower(), ""))
