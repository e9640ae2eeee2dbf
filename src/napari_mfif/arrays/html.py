"""What notebooks show: small pictures and facts as HTML, without any other library."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.lazy_array import LazyArray, coarser_levels

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack

__all__ = ["figure", "grey", "map_figure", "page", "stack_facts", "stack_html"]

#: The longer side of a picture, and of the colour bar under it, in pixels.
LONGEST, BAR = 256, 160
#: A plane of a file is read for a picture up to so many pixels.
AT_ONCE = 4_000_000
#: Channels that get a picture.
CHANNELS = 4


def stack_html(stack: ZStack) -> str:
    """Show a z-stack: its middle plane, and what is known of it.

    Of pixels that are computed when they are needed (dask) nothing is shown: a plane of them may
    cost as much as all.
    """
    pictures, note = [], ""
    try:
        pictures = list(_middle_planes(stack))
    except Exception as error:  # whatever a file does: a notebook shows the facts nevertheless
        note = f"The middle plane cannot be read: {error}"
    notes = [*stack.notes, *([note] if note else [])]
    return page(f"z-stack {stack.name}", pictures, stack_facts(stack), notes)


def _middle_planes(stack: ZStack) -> Iterable[str]:
    pixels = stack.pixels
    if isinstance(pixels, LazyArray):
        rows, columns = (stack.axes.index(letter) for letter in "YX")
        fitting = [
            one
            for one in (pixels, *coarser_levels(pixels))
            if one.shape[rows] * one.shape[columns] <= AT_ONCE
        ]
        if not fitting:
            return
        pixels = fitting[0]
    elif not isinstance(pixels, np.ndarray):
        return
    z = stack.n_planes // 2
    for channel in range(min(stack.n_channels, CHANNELS)):
        place = {"T": 0, "C": channel, "Z": z}
        plane = pixels[tuple(place[letter] for letter in stack.axes if letter in place)]
        name = stack.channel_names[channel] if stack.channel_names else ""
        yield figure(grey(np.asarray(plane)), " ".join([name, f"plane {z}"]).strip())


def stack_facts(stack: ZStack) -> dict[str, str]:
    """Return what is known of a z-stack, a line each."""
    facts = {"Stack": stack.describe(), "Axes": f"{stack.axes} {stack.shape}"}
    if stack.pixel_size:
        sizes = " x ".join(f"{size:g}" for size in stack.pixel_size)
        facts["Pixel"] = f"{sizes} {stack.unit or 'units'}"
    if stack.channel_names:
        facts["Channels"] = ", ".join(stack.channel_names)
    if stack.source:
        facts["From"] = stack.source
    return facts


def page(
    title: str, pictures: Iterable[str], facts: dict[str, str], notes: Sequence[str] = ()
) -> str:
    """Return pictures beside facts; of facts and notes every sign is shown as it is."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in facts.items()
    )
    told = "".join(f"<div><i>{escape(note)}</i></div>" for note in notes)
    return (
        f'<div class="napari-mfif"><b>{escape(title)}</b>'
        f'<div style="display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start">'
        f"{''.join(pictures)}<div><table>{rows}</table>{told}</div></div></div>"
    )


def figure(picture: NDArray[np.uint8], caption: str, beneath: str = "") -> str:
    """Return a picture, grey or in the order blue, green, red (alpha), with words under it."""
    return (
        f'<figure style="margin:0"><img alt="{escape(caption)}" src="{_png(picture)}"/>'
        f"<figcaption>{escape(caption)}</figcaption>{beneath}</figure>"
    )


def map_figure(values: NDArray[Any], caption: str, unit: str) -> str:
    """Return a map in even colours with its colour bar; what is no number is transparent."""
    values = _thinned(np.asarray(values, np.float32))
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0, 0)
    picture = np.dstack([_viridis(_stretched(values, low, high)), 255 * known.astype(np.uint8)])
    ramp = _viridis(np.arange(256, dtype=np.uint8)[None])
    ends = f"<span>{low:.4g}</span><span>{high:.4g} {escape(unit)}</span>"
    bar = (
        f'<img alt="colour bar" width="{BAR}" height="10" src="{_png(ramp)}"/>'
        f'<div style="width:{BAR}px;display:flex;justify-content:space-between">{ends}</div>'
    )
    return figure(picture, caption, bar)


def grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an image of grey values or red, green, blue as a small picture."""
    image = _thinned(image)
    if image.dtype == np.uint8:
        return image if image.ndim == 2 else image[..., 2::-1]
    values = np.asarray(image, np.float32)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    stretched = _stretched(values, low, high)
    return stretched if stretched.ndim == 2 else stretched[..., 2::-1]


def _thinned(image: NDArray[Any]) -> NDArray[Any]:
    step = -(-max(image.shape[:2]) // LONGEST)
    return image[step // 2 :: step, step // 2 :: step] if step > 1 else image


def _stretched(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    share = (np.nan_to_num(values, nan=low) - low) / (high - low if high > low else 1)
    stretched: NDArray[np.uint8] = (255 * np.clip(share, 0, 1)).astype(np.uint8)
    return stretched


def _viridis(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.applyColorMap(values, cv2.COLORMAP_VIRIDIS), np.uint8)


def _png(picture: NDArray[np.uint8]) -> str:
    import cv2

    _, encoded = cv2.imencode(".png", np.ascontiguousarray(picture))
    return f"data:image/png;base64,{b64encode(encoded.tobytes()).decode()}"
