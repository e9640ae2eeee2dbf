"""Draw the gallery: simulated specimens fused, and what each method makes of two hard ones.

usage: python docs/make_gallery.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_mfif import Fusion, fuse, methods
from napari_mfif.cli.contact_sheet import Panel, coloured, contact_sheet, grey
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import Simulation, simulate

FOLDER = Path(__file__).parent / "pictures"

#: Specimens, and how they are drawn: kind, seed, noise.
SPECIMENS = (
    ("relief", 4, "low"),
    ("occlusion", 25, "low"),
    ("fluorescence", 3, "low"),
    ("tissue", 3, "low"),
)
#: Scenes on which methods are told apart, and the part of them that is shown.
HARD = (("occlusion", 25, "low"), ("weak", 3, "high"))
SHAPE, PLANES = (256, 256), 16


def scene(kind: str, seed: int, photons: str) -> Simulation:
    """Simulate one."""
    return simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons=photons)


def specimen(made: Simulation) -> list[Panel]:
    """Return a row of the gallery: two planes, the fused image and its maps."""
    fusion = fuse(made.stack)
    planes = np.asarray(made.stack.pixels)
    low, high = shades(made)
    top = float(fusion.height.max())
    return [
        Panel(f"{made.kind}: plane {PLANES // 4 + 1}", grey(planes[PLANES // 4], low, high)),
        Panel(f"plane {3 * PLANES // 4 + 1}", grey(planes[3 * PLANES // 4], low, high)),
        Panel("all in focus", grey(fusion.image, low, high)),
        Panel(f"height, 0-{top:.0f} {fusion.unit}", coloured(fusion.height / top, "viridis")),
        Panel("confidence, 0-1", coloured(fusion.confidence, "magma")),
    ]


def shades(made: Simulation) -> tuple[float, float]:
    """Return the values shown black and white, the same in all pictures of a scene."""
    low, high = np.percentile(made.image, (0.5, 99.7))
    return float(low), float(high)


def comparison(made: Simulation) -> list[Panel]:
    """Return what every method makes of a scene, twice enlarged, and the truth."""
    low, high = shades(made)
    window = (slice(64, 192), slice(64, 192))
    fused: dict[str, Fusion] = {name: fuse(made.stack, method=name) for name in methods.names()}

    def panel(title: str, image: object) -> Panel:
        part = grey(np.asarray(image)[window], low, high)
        return Panel(title, part.repeat(2, axis=0).repeat(2, axis=1))

    panels = [panel("truth", made.image)]
    for name, fusion in fused.items():
        panels.append(panel(f"{name}, {psnr(fusion.image, made.image):.1f} dB", fusion.image))
    return panels


def main() -> None:
    """Draw everything."""
    FOLDER.mkdir(exist_ok=True)
    rows = [panel for given in SPECIMENS for panel in specimen(scene(*given))]
    save(contact_sheet(rows, columns=5), "gallery.webp")
    for given in HARD:
        save(contact_sheet(comparison(scene(*given)), columns=5), f"methods-{given[0]}.webp")


def save(sheet: object, name: str) -> None:
    """Write a sheet as WebP, small enough for a page."""
    path = FOLDER / name
    sheet.save(path, quality=82, method=6)  # type: ignore[attr-defined]
    print(path)


if __name__ == "__main__":
    main()
