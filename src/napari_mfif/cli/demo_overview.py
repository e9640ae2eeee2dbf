"""The main job from end to end: simulate, fuse, judge by the truth, draw an overview."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from napari_mfif.cli.contact_sheet import Panel, coloured, contact_sheet, grey
from napari_mfif.fusion.api import Fusion, fuse
from napari_mfif.io import write_image
from napari_mfif.metrics.truth import depth_error, psnr, ssim
from napari_mfif.simulation import Simulation, simulate

__all__ = ["run"]

#: What is fused: bristles over a ground of cells.
SCENE: dict[str, Any] = {"seed": 25, "shape": (400, 400), "planes": 20, "photons": "low"}
METHODS = ("adaptive", "cnn")


def run(folder: Path) -> list[Path]:
    """Make the demonstration and print where everything is and how good.

    Parameters
    ----------
    folder : Path
        Where the results go; files of an earlier run are replaced.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scene = simulate("occlusion", **SCENE)
    stack = scene.stack
    source = write_image(
        folder / "stack.ome.tif",
        np.asarray(stack.pixels),
        axes=stack.axes,
        pixel_size=stack.pixel_size,
        z_step=stack.z_step,
        unit=stack.unit,
        overwrite=True,
    )
    print(f"{source}: bristles over a ground, {stack.describe()}, truth known")
    written = [source]
    fusions = {}
    for method in METHODS:
        fusion = fusions[method] = fuse(source, method=method)
        written += _saved(fusion, folder / method)
        print(
            f"{method:9s} PSNR {psnr(fusion.image, scene.image):5.2f} dB   "
            f"SSIM {ssim(fusion.image, scene.image):.3f}   depth error "
            f"{depth_error(fusion.depth, scene.depth, where=scene.textured):.2f} planes   "
            f"{fusion.seconds:5.2f} s   peak memory {_peak_memory()}"
        )
    written.append(_overview(scene, fusions["adaptive"], folder / "overview.png"))
    print("\n".join(["Written:", *(f"  {path}" for path in written)]))
    return written


def _saved(fusion: Fusion, stem: Path) -> list[Path]:
    image = fusion.save(f"{stem}_in_focus.ome.tif", overwrite=True)
    maps = [
        fusion.save_map(name, f"{stem}_{name}.ome.tif", overwrite=True)
        for name in ("height", "decision", "confidence")
    ]
    return [image, *maps]


def _peak_memory() -> str:
    """Return the most memory that this process has had so far."""
    try:
        import resource
    except ImportError:  # Windows
        return "unknown"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{peak / (2**20 if sys.platform == 'darwin' else 2**10):.0f} MB"


def _overview(scene: Simulation, fusion: Fusion, path: Path) -> Path:
    planes = np.asarray(scene.stack.pixels)
    low, high = np.percentile(fusion.image, (0.5, 99.7))
    top = float(fusion.height.max())
    panels = [
        Panel(f"plane {n + 1} of {len(planes)}", grey(planes[n], low, high))
        for n in (len(planes) // 4, 3 * len(planes) // 4)
    ]
    panels += [
        Panel("all in focus", grey(fusion.image, low, high)),
        Panel("truth", grey(scene.image, low, high)),
        Panel(f"height, 0 to {top:.1f} {fusion.unit}", coloured(fusion.height / top, "viridis")),
        Panel("confidence, 0 to 1", coloured(fusion.confidence, "magma")),
    ]
    contact_sheet(panels, columns=3).save(path)
    return path
