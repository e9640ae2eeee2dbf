"""Physical sizes and channel names in TIFF files, where each program puts them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import tifffile

from napari_mfif.io import ome
from napari_mfif.io.sizes import (
    METRES,
    NO_SIZES,
    Sizes,
    at_positions,
    imagej_sizes,
    lsm_sizes,
    micromanager_sizes,
    plain_unit,
    sizes_of,
)

__all__ = ["facts_of"]

#: Pixels smaller than this, in micrometres, are those of a microscope: a screen or a printer has
#: larger ones.
PLAUSIBLE = 20.0

#: Centimetres of the units of resolution in TIFF: inch, centimetre.
RESOLUTION_UNITS = {2: 2.54, 3: 1.0}


def facts_of(file: Any, page: Any, image: int | None) -> tuple[Sizes, tuple[str, ...]]:
    """Return what a file says of lengths, and the names of its channels.

    Parameters
    ----------
    file : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        A page of the image.
    image : int or None
        Number of the image among those of OME that are there, if it is one.
    """
    try:
        if image is not None and file.ome_metadata:
            there = ome.images_there(file.ome_metadata, Path(file.filehandle.path))
            return ome.image_facts(file.ome_metadata, there[image] if image < len(there) else image)
        if file.is_micromanager or file.is_ndtiff:
            summary = (file.micromanager_metadata or {}).get("Summary", {})
            names = summary.get("ChNames") or _names_in_index(file)
            return micromanager_sizes(summary), tuple(map(str, names))
        if file.is_imagej:
            return imagej_sizes(file.imagej_metadata, _resolution(page)), ()
        if file.is_lsm:
            return lsm_sizes(file.lsm_metadata), ()
    except _FAULTS:
        return NO_SIZES, ()
    for kind, read in _PROGRAMS.items():
        if any(getattr(one, f"is_{kind}", False) for one in (file, page)):
            try:
                return read(file, page), ()
            except _FAULTS:
                break
    return _by_resolution(page), ()


def _names_in_index(file: Any) -> Sequence[str]:
    """Return the names of channels in the index of an NDTiff, in the order of the channels."""
    index = Path(file.filehandle.path).parent / "NDTiff.index"
    if not file.is_ndtiff or not index.is_file():
        return ()
    found = (places.get("channel") for places, *_ in tifffile.read_ndtiff_index(index))
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


#: Sizes that make no sense are no reason to refuse the pixels.
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def _stk(file: Any, _: Any) -> Sizes:
    """Read MetaMorph's stacks: distances of planes, and how large a pixel is."""
    known = file.stk_metadata
    unit = plain_unit(str(known.get("CalibrationUnits", ""))) or "um"
    # where the calibration is switched off, its numbers are left from another time
    calibrated = known.get("SpatialCalibration", 1)
    width, height = (known.get(f"{axis}Calibration") if calibrated else None for axis in "XY")
    found = sizes_of((None, None), (height, unit), (width, unit))
    steps = [abs(float(step)) for step in known["ZDistance"]]
    return at_positions(found, list(accumulate(steps)), "um")


def _metaseries(file: Any, _: Any) -> Sizes:
    known = file.metaseries_metadata["PlaneInfo"]
    if not known.get("spatial-calibration-state", True):
        return NO_SIZES
    unit = plain_unit(str(known.get("spatial-calibration-units", ""))) or "um"
    width, height = (float(known[f"spatial-calibration-{axis}"]) for axis in "xy")
    return sizes_of((None, None), (height, unit), (width, unit))


def _svs(_: Any, page: Any) -> Sizes:
    found = re.search(r"MPP\s*=\s*([0-9.]+)", page.description)
    size = float(found[1]) if found else 0.0
    return sizes_of((None, None), (size, "um"), (size, "um"))


def _fluoview(file: Any, _: Any) -> Sizes:
    lengths: dict[str, tuple[float, str | None]] = {}
    for name, _count, _origin, step, unit, *_rest in file.fluoview_metadata["Dimensions"]:
        lengths[str(name).strip()[:1].lower()] = (float(step), plain_unit(str(unit)))
    none = (None, None)
    return sizes_of(*(lengths.get(axis, none) for axis in "zyx"))


def _sis(file: Any, _: Any) -> Sizes:
    known = file.sis_metadata
    width, height = (float(known[f"pixelsize{axis}"]) * 1e6 for axis in "xy")
    return sizes_of((None, None), (height, "um"), (width, "um"))


def _scanimage(file: Any, page: Any) -> Sizes:
    known: Mapping[str, Any] = (file.scanimage_metadata or {}).get("FrameData") or {}
    step = known.get("SI.hStackManager.stackZStepSize")
    if step is None:  # files that are no BigTIFF, and of older releases
        found = STEP_OF_SCANIMAGE.search(f"{page.software}\n{page.description}")
        step = found[1] if found else 0
    return sizes_of((float(step), "um"), (None, None), (None, None))


#: How releases of ScanImage say the distance of planes.
STEP_OF_SCANIMAGE = re.compile(r"[zZ]StepSize\s*=\s*(-?[\d.]+)")


def _fei(file: Any, _: Any) -> Sizes:
    known = file.fei_metadata["Scan"]
    width, height = float(known["PixelWidth"]) * 1e6, float(known["PixelHeight"]) * 1e6
    return sizes_of((None, None), (height, "um"), (width, "um"))


def _sem(file: Any, _: Any) -> Sizes:
    _name, size, unit = file.sem_metadata["ap_image_pixel_size"]
    length = float(size), plain_unit(str(unit))
    return sizes_of((None, None), length, length)


#: What reads the sizes, for each kind of file that tifffile tells.
_PROGRAMS: dict[str, Callable[[Any, Any], Sizes]] = {
    "stk": _stk,
    "metaseries": _metaseries,
    "svs": _svs,
    "fluoview": _fluoview,
    "sis": _sis,
    "scanimage": _scanimage,
    "fei": _fei,
    "sem": _sem,
}


def _by_resolution(page: Any) -> Sizes:
    """Take the resolution that any TIFF can state, where it can be that of a microscope."""
    tag = page.tags.get(296)
    unit = RESOLUTION_UNITS.get(int(tag.value) if tag is not None else 2)
    resolution = _resolution(page)
    if unit is None or not all(resolution):
        return NO_SIZES
    height, width = (unit / METRES["um"] * METRES["cm"] / value for value in resolution)
    if not (0.001 <= width <= PLAUSIBLE and 0.001 <= height <= PLAUSIBLE):
        return NO_SIZES
    found = sizes_of((None, None), (height, "um"), (width, "um"))
    note = (
        f"The pixel size, {width:.4g} x {height:.4g} um, is that of the resolution tags; "
        "`spacing=` corrects it."
    )
    return replace(found, note=note)


def _resolution(page: Any) -> tuple[float, float]:
    """Return pixels per unit along rows' and columns' direction; 0 where it is not said."""
    values = []
    for code in (283, 282):
        tag = page.tags.get(code)
        try:
            above, below = tag.value if tag is not None and tag.count == 1 else (0, 1)
            values.append(above / below)
        except _FAULTS:
            values.append(0.0)
    return values[0], values[1]
