"""Pictures side by side with a line of text above each: for the demonstration and for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Panel", "coloured", "contact_sheet", "grey"]

GAP, HEAD = 16, 44
BACKGROUND, INK = (18, 20, 24), (235, 238, 242)


@dataclass(frozen=True)
class Panel:
    """A picture, (Y, X, 3), and what stands above it."""

    title: str
    picture: NDArray[np.uint8]


def grey(image: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return an image in grey, (Y, X, 3), `low` black, `high` white, mid-tones lighter."""
    scaled = np.clip((np.asarray(image, np.float32) - low) / max(high - low, 1e-9), 0, 1)
    return np.repeat((255 * scaled**0.8).astype(np.uint8)[..., None], 3, axis=2)


def coloured(values: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Return values of 0 to 1 in the colours of a map, with a colour bar at the right edge."""
    import cv2

    colours = {"viridis": cv2.COLORMAP_VIRIDIS, "magma": cv2.COLORMAP_MAGMA}
    levels = np.clip(255 * values, 0, 255).astype(np.uint8)
    levels[:, -14:-4] = np.linspace(255, 0, len(levels)).astype(np.uint8)[:, None]
    coloured: NDArray[np.uint8] = cv2.applyColorMap(levels, colours[name])[..., ::-1]
    return coloured


def contact_sheet(panels: Sequence[Panel], *, columns: int) -> Any:
    """Return a Pillow image of panels of one size, in rows of so many columns."""
    from PIL import Image, ImageDraw, ImageFont

    rows = -(-len(panels) // columns)
    high, wide = panels[0].picture.shape[:2]
    size = (columns * (wide + GAP) + GAP, rows * (high + HEAD) + GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for number, panel in enumerate(panels):
        x = GAP + (number % columns) * (wide + GAP)
        y = (number // columns) * (high + HEAD)
        draw.text((x, y + 12), panel.title, fill=INK, font=font)
        sheet.paste(Image.fromarray(np.ascontiguousarray(panel.picture)), (x, y + HEAD))
    return sheet
