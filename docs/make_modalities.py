"""Draw the pictures of docs/howto/modalities.md, by the code on that page.

usage: python docs/make_modalities.py
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import fuse
from napari_mfif.cli.contact_sheet import Panel, contact_sheet, grey

PAGE = Path(__file__).parent / "howto" / "modalities.md"
FOLDER = Path(__file__).parent / "pictures"
BLOCK = re.compile(r"```python\n(.*?)```", re.S)


def names() -> dict[str, Any]:
    """Return what the code on the page makes."""
    made: dict[str, Any] = {}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:  # it writes files
        os.chdir(folder)
        try:
            for code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
                exec(code, made)
        finally:
            os.chdir(before)
    return made


def mean(planes: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the mean of two planes."""
    return np.rint(planes.mean(axis=0)).astype(np.uint8)


def main() -> None:
    """Draw both."""
    made = names()
    planes, exposures = made["planes"], made["exposures"]
    stains = {
        "haematoxylin": planes[0],
        "DAB": planes[1],
        "mean": mean(planes),
        "fused": made["stained"],
    }
    panels = [Panel(title, grey(image[:320], 0, 255)) for title, image in stains.items()]
    save(panels, 4, "modalities-stains.webp")
    copied = fuse(exposures, method="gradient", composition="copy", axes="ZYXS").image
    shown = {
        "short": exposures[0],
        "long": exposures[1],
        "mean": mean(exposures),
        "copied": copied,
        "pyramid": made["without"],
        "pyramid, well exposed": made["exposed"],
    }
    save([Panel(title, image) for title, image in shown.items()], 3, "modalities-exposures.webp")


def save(panels: list[Panel], columns: int, name: str) -> None:
    """Write a sheet."""
    FOLDER.mkdir(exist_ok=True)
    sheet = contact_sheet(panels, columns=columns)
    sheet.resize((1600, round(1600 * sheet.height / sheet.width))).save(FOLDER / name, quality=80)


if __name__ == "__main__":
    main()
