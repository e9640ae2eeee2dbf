"""What a report of a problem should hold: versions and facts of a z-stack; no pixels, no paths."""

from __future__ import annotations

import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif import __version__
from napari_mfif.cli.pixel_facts import looked_at
from napari_mfif.kernels.parallel import usable_processors

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack
    from napari_mfif.io.series import Series

__all__ = ["report"]

#: Packages that are asked after beside the dependencies.
OTHERS = ("napari", "PyQt6", "PySide6", "PyQt5", "distributed", "numcodecs", "scipy")
#: Noise is measured in so many planes, in a square of so many pixels in their middle.
PLANES, SIDE = 5, 1024


def report(
    inputs: Iterable[str],
    stack: ZStack | None,
    error: Exception | None,
    several: Sequence[Series] = (),
) -> dict[str, Any]:
    """Return the report.

    Parameters
    ----------
    inputs : iterable of str
        The files or folders that were given, whose names are kept out of it.
    stack : ZStack or None
        What was found in them.
    error : Exception or None
        Why nothing was.
    several : sequence of Series, optional
        The images in them.
    """
    names = [str(name) for name in inputs]
    found: dict[str, Any] = {
        "napari-mfif": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "processor": f"{platform.machine()}, {usable_processors()} usable cores",
        "libraries": dict(_libraries()),
        "input": [_kind(name) for name in names],
    }
    if error is not None:
        found["error"] = f"{type(error).__name__}: {_without_names(str(error), names)}"
    if len(several) > 1:
        found["images"] = len(several)
        kinds = Counter(f"{one.axes} {' x '.join(map(str, one.lengths))}" for one in several)
        found["kinds of images"] = dict(kinds.most_common(20))
    if stack is not None:
        found["stack"] = _facts(stack, names)
        found["noise"] = _noise(stack)
        found["pixels"] = looked_at(stack)
    return found


def _libraries() -> Iterable[tuple[str, str]]:
    """Yield the installed releases of what the project needs or may use."""
    declared = (re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in requires("napari-mfif") or ())
    for name in sorted({*declared, *OTHERS}, key=str.lower):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _kind(name: str) -> str:
    """Say what kind of thing an input is, without its name."""
    path = Path(name)
    ending = "".join(one for one in path.suffixes[-2:] if re.fullmatch(r"\.[A-Za-z]\w{0,9}", one))
    if path.is_dir():
        return f"folder of {sum(1 for _ in path.iterdir())} entries {ending}".rstrip()
    size = f"{path.stat().st_size} bytes" if path.is_file() else "not a file"
    return f"{ending or 'no ending'}, {size}"


def _facts(stack: ZStack, names: list[str]) -> Mapping[str, Any]:
    return {
        "axes": stack.axes,
        "shape": list(stack.shape),
        "dtype": str(stack.dtype),
        "array": type(stack.pixels).__name__,
        "z_step": stack.z_step,
        "pixel_size": stack.pixel_size,
        "unit": stack.unit,
        "channels": len(stack.channel_names),
        "notes": [_without_names(note, [*names, stack.name]) for note in stack.notes],
    }


def _noise(stack: ZStack) -> Mapping[str, float] | str:
    """Return the line of noise variance over brightness, in the stack's own unit."""
    from napari_mfif.kernels.noise import estimate_noise

    places = np.unique(np.linspace(0, stack.n_planes - 1, min(PLANES, stack.n_planes)).astype(int))
    rows, columns = (
        slice(max(0, length // 2 - SIDE // 2), length // 2 + SIDE // 2)
        for length in stack.plane_shape
    )
    try:
        planes = [stack.plane(int(z), rows=rows, columns=columns) for z in places]
    except Exception as error:  # the report is for problems like this one
        return f"not measured: {type(error).__name__}"
    grey = [np.asarray(p if p.ndim == 2 else p.mean(axis=-1), np.float32) for p in planes]
    return estimate_noise(grey)._asdict()


def _without_names(text: str, names: list[str]) -> str:
    """Return a text without the names of files and folders, given or found."""
    for name in names:
        path = Path(name)
        for part in (name, str(path.absolute()), str(path.resolve()), path.name, path.stem):
            if len(part) > 2:
                text = text.replace(part, "FILE")
    return re.sub(r"(?:~|[A-Za-z]:)?(?:[\\/][^\s\\/,;:\"']+){2,}[\\/]?", "PATH", text)
