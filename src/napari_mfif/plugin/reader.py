"""Reader: z-stacks as napari layers, lazily, with their sizes and channels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError, MfifError, OnePlaneError, ReadError
from napari_mfif.io.content import ENDINGS, TIFF_ENDINGS
from napari_mfif.io.layers import layer_scale
from napari_mfif.io.zarr_store import is_address, is_zarr
from napari_mfif.plugin.layers.metadata import KEY, Opened, Opening
from napari_mfif.plugin.layers.multiscale import is_large, level_arrays
from napari_mfif.plugin.napari_internals import PLUGIN, preferred_reader
from napari_mfif.wording import in_window

__all__ = ["get_reader", "layers_of", "limits_of", "read"]

LayerData = tuple[Any, dict[str, Any], str]

#: How the description of an OME-TIFF of several files ends.
COMPANION = ".companion.ome"

#: What else is a z-stack by itself.
WHOLE = (COMPANION, ".zarr.zip", ".ozx", ".czi", ".lif", ".nd2")

#: Colours of channels, bright and apart for colour-blind eyes too.
COLOURS = ("bop blue", "bop orange", "bop purple", "green", "magenta", "cyan")

#: Rows and columns round the middle in which contrast is looked at in large planes.
LOOK = 512

LABELS = {"T": "t", "C": "c", "Z": "z", "Y": "y", "X": "x"}


def get_reader(path: str | Sequence[str]) -> Callable[[Any], list[LayerData]] | None:
    """Return `read` for what may be a z-stack, None for the rest.

    No pixels are read; single pictures are left to other readers.
    """
    paths = [path] if isinstance(path, str) else list(path)
    if not paths:
        return None
    if len(paths) > 1:
        return read if all(p.lower().endswith(ENDINGS) for p in paths) else None
    if is_address(paths[0]):
        return read if ".zarr" in paths[0].lower() else None
    if Path(paths[0]).is_dir():
        folder = Path(paths[0])
        return read if is_zarr(folder) or _holds_planes(folder) else None
    if paths[0].lower().endswith(TIFF_ENDINGS):
        if not _is_one_picture(Path(paths[0])):
            return read
        # napari asks no other reader where ours is preferred for all TIFF
        return _read_picture if preferred_reader(paths[0]) == PLUGIN else None
    return read if paths[0].lower().endswith(WHOLE) else None


def _read_picture(path: str) -> Any:
    """Open a single picture as napari does."""
    from npe2 import read as read_by

    return read_by([path], stack=False, plugin_name="napari")


def _is_one_picture(path: Path) -> bool:
    """Tell whether a TIFF surely holds a single plane, or its channels, which is no z-stack."""
    from napari_mfif.io.tiff_planes import is_single_plane

    try:
        return path.is_file() and is_single_plane(path, channels=True)
    except ReadError:
        return False  # damaged: reading it says what is wrong


def read(path: str | Sequence[str]) -> list[LayerData]:
    """Open a file, a folder of planes or a list of them.

    Raises
    ------
    ReadError
        In a sentence for the user, which napari shows.
    """
    from napari_mfif.io import open_stack

    if _asks([path] if isinstance(path, str) else list(path)):
        return [(None,)]  # type: ignore[list-item]  # napari: read, and no layers yet
    try:
        if isinstance(path, str):
            return layers_of(open_stack(path), Opening(path))
        stack = open_stack(list(path))
    except AxesError as error:
        single = path if isinstance(path, str) else path[0]
        if (isinstance(path, str) or len(path) == 1) and _is_film(Path(single)):
            return _as_film(open_stack(single, axes="ZYX"))
        raise AxesError(in_window(str(error))) from error
    except MfifError as error:
        kinds = (OnePlaneError, ReadError, type(error))
        kind = next(one for one in kinds if isinstance(error, one))
        raise kind(in_window(str(error))) from error
    # the folder may hold more than these: it does not stand for them
    stack = replace(stack, source=None) if len(path) > 1 else stack
    return layers_of(stack, Opening(tuple(path)))


def _is_film(path: Path) -> bool:
    """Tell whether a TIFF holds a single plane at several times."""
    from napari_mfif.io.structure import open_parsed
    from napari_mfif.io.tiff_images import images_of

    if not path.name.lower().endswith(TIFF_ENDINGS):
        return False
    with open_parsed(path) as file:
        return all(image.axes.squeezed().letters == "TYX" for image in images_of(file))


def _as_film(stack: ZStack) -> list[LayerData]:
    """Show planes as the times that the file calls them; the panel asks what they are."""
    ((data, options, kind),) = layers_of(replace(stack, z_step=None))
    del options["metadata"]
    return [(data, {**options, "axis_labels": ("t", "y", "x")}, kind)]


def _asks(paths: Sequence[str]) -> bool:
    """Ask what the names of several files mean, where they leave a choice and a window is open."""
    if len(paths) == 1 and not Path(paths[0]).is_dir():
        return False
    import napari

    viewer = napari.current_viewer()
    if viewer is None:
        return False
    from qtpy.QtWidgets import QApplication

    from napari_mfif.plugin.panel.pattern_table import ask, in_viewer, leaves_a_choice

    if QApplication.instance() is None or not leaves_a_choice(paths):
        return False
    ask(paths, QApplication.activeWindow(), in_viewer(viewer))
    return True


def layers_of(stack: ZStack, opening: Opening | None = None) -> list[LayerData]:
    """Return a z-stack as layer data: a layer per channel, pixels read when they are shown.

    Parameters
    ----------
    stack : ZStack
        The z-stack.
    opening : Opening, optional
        How it was opened, for those who write code that does it again.
    """
    if opening is None and stack.source:
        opening = Opening(stack.source)
    rgb = {"rgb": stack.n_samples > 1}
    if "C" not in stack.axes:
        data = level_arrays(stack)
        several = isinstance(data, list)
        note = Opened(stack, data[0] if several else data, opening=opening)
        options = {**_sizes(stack), "name": stack.name, "metadata": {KEY: note}}
        if stack.n_samples == 1:
            options["contrast_limits"] = limits_of(stack, 0)
        return [(data, {**options, **rgb, "multiscale": several}, "image")]
    layers = []
    for c in range(stack.n_channels):
        data = level_arrays(stack.only_channel(c))
        several = isinstance(data, list)
        note = Opened(stack, data[0] if several else data, c, channel_name(stack, c), opening)
        options = _sizes(stack) | _channel(note, c)
        layers.append((data, {**options, **rgb, "multiscale": several}, "image"))
    return layers


def channel_name(stack: ZStack, c: int) -> str:
    """Return the name of a channel, or its number in words."""
    return stack.channel_names[c] if stack.channel_names else f"channel {c}"


def _channel(note: Opened, c: int) -> dict[str, Any]:
    stack = note.stack
    options: dict[str, Any] = {
        "name": f"{stack.name} {note.channel_name}",
        "blending": "additive" if c else "translucent_no_depth",
        "metadata": {KEY: note},
    }
    if stack.n_samples == 1:
        options["contrast_limits"] = limits_of(stack, c)
        options["colormap"] = "gray" if stack.n_channels == 1 else COLOURS[c % len(COLOURS)]
    return options


def _sizes(stack: ZStack) -> dict[str, Any]:
    letters = stack.axes.replace("C", "").replace("S", "")
    options: dict[str, Any] = {"axis_labels": tuple(LABELS[letter] for letter in letters)}
    if stack.pixel_size or stack.z_step:
        options["scale"], options["units"] = layer_scale(stack)
    return options


def limits_of(stack: ZStack, channel: int) -> tuple[float, float]:
    """Return contrast limits from one plane in the middle, not spoilt by a few bright pixels."""
    rows, columns = (
        slice(max(0, n // 2 - LOOK), n // 2 + LOOK) if is_large(stack.plane_shape) else slice(None)
        for n in stack.plane_shape
    )
    plane = stack.plane(stack.n_planes // 2, c=channel, rows=rows, columns=columns)
    few = plane[:: max(1, plane.shape[0] // 512), :: max(1, plane.shape[1] // 512)]
    finite = few[np.isfinite(few)] if few.dtype.kind == "f" else few
    if finite.size == 0:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (0.05, 99.95)))
    return (low, high + 0.1 * (high - low)) if high > low else (low, low + 1)


def _holds_planes(folder: Path) -> bool:
    """Tell whether a folder holds pictures, by the names of its files."""
    with os.scandir(folder) as entries:
        return any(entry.name.lower().endswith((*ENDINGS, *WHOLE)) for entry in entries)
