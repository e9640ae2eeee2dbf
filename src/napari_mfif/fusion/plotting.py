"""The overview figure of a fusion, by matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.heights import map_of
from napari_mfif.methods import registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from napari_mfif.fusion.result import Fusion

__all__ = ["plot"]

#: A lazy result is made for the figure up to so many pixels.
AT_ONCE = 16_000_000


def plot(
    self: Fusion, *, time: int = 0, channel: int | str = 0, figure: Figure | None = None
) -> Figure:
    """Draw the image, the height with its colour bar, the plane taken and the confidence.

    Parameters
    ----------
    time : int, optional
        The timepoint.
    channel : int or str, optional
        The channel of the image.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new one of pyplot when not given.

    Returns
    -------
    matplotlib.figure.Figure
        ``fusion.plot().savefig("overview.png")`` writes it; `matplotlib.pyplot.show` shows it. As
        the last line of a notebook's cell put a semicolon behind it, or it is shown twice.

    Raises
    ------
    ParameterError
        Matplotlib is not installed, there is no such channel or timepoint, or the result is lazy
        and large.
    """
    _refuse(self, time)
    if figure is None:
        figure = _pyplot().figure(figsize=(10, 8), layout="constrained")
    image, height, decision, confidence = _maps(self, time, channel)
    extent, lengths = _extent(self)
    method = registry.get(self.recipe.method).title
    figure.suptitle(f"{self.stack.name}: {method}, {self.stack.describe()}")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    low, high = (self.stack.plane_number(z) for z in (0, self.stack.n_planes - 1))
    span = {"vmin": low, "vmax": max(low + 1, high)}
    drawn: list[tuple[Any, str, str, dict[str, Any]]] = [
        (image, "in focus", "", {"cmap": "gray"}),
        (height, "height", self.unit, {"cmap": "viridis"}),
        (decision, "plane taken", "plane", {"cmap": "viridis", **span}),
        (confidence, "confidence", "probability", {"cmap": "gray", "vmin": 0, "vmax": 1}),
    ]
    for place, (array, title, unit, look) in zip(axes.flat, drawn, strict=True):
        shown = place.imshow(array, extent=extent, interpolation="nearest", **look)
        place.set_title(title)
        if unit:
            figure.colorbar(shown, ax=place, label=unit)
    figure.supxlabel(lengths)
    return figure


def _refuse(fusion: Fusion, time: int) -> None:
    """Refuse what is not there, or would take long unasked."""
    if not 0 <= time < fusion.stack.n_times:
        raise ParameterError(
            f"There is no timepoint {time} in {fusion.stack.name}: it has {fusion.stack.n_times}, "
            "numbered from 0."
        )
    rows, columns = fusion.stack.plane_shape
    if not isinstance(fusion.image, np.ndarray) and rows * columns > AT_ONCE:
        raise ParameterError(
            f"This fusion is lazy and large ({columns} x {rows}): all of it would be made for one "
            "small figure. Plot a coarser one, fusion.coarser()[-1].plot()."
        )


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ParameterError(
            "The figure needs matplotlib: pip install 'napari-mfif[plot]'."
        ) from error
    return pyplot


def _maps(fusion: Fusion, time: int, channel: int | str) -> list[Any]:
    """Return the image of a channel and the maps of one timepoint, in memory."""
    stack = fusion.stack
    index = stack.channel_index(channel)
    maps = [fusion.image, fusion.height_where(), map_of(fusion, "decision"), fusion.confidence]
    if "T" in stack.axes:
        maps = [one[time] for one in maps]
    if "C" in stack.axes:
        maps[0] = maps[0][index]
    image, *others = map(np.asarray, maps)
    if stack.n_samples > 1 and image.dtype != np.uint8:  # colour as matplotlib takes it
        span = float(np.nanmax(image)) or 1.0
        image = np.clip(image.astype(np.float32) / span, 0, 1)
    return [image, *others]


def _extent(fusion: Fusion) -> tuple[tuple[float, float, float, float], str]:
    """Return the edges of the first and the last pixel, and their unit."""
    rows, columns = fusion.stack.plane_shape
    size = fusion.stack.pixel_size
    height, width = size or (1.0, 1.0)
    top, left = fusion.origin
    edges = (
        (left - 0.5) * width,
        (left + columns - 0.5) * width,
        (top + rows - 0.5) * height,
        (top - 0.5) * height,
    )
    return edges, (fusion.stack.unit or "units") if size else "pixels"
