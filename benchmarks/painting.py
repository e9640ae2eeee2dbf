"""How long strokes take: ``python benchmarks/painting.py [SIDE]``, planes of SIDE x SIDE, 4096."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from napari_mfif import Stroke, fuse
from napari_mfif.fusion.mending import part_of
from napari_mfif.methods.base import Region


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def main(side: int) -> None:
    """Measure strokes of several kinds on five planes of noise."""
    planes = np.random.default_rng(0).integers(0, 60000, (5, side, side), np.uint16)
    fusion = fuse(planes, method="gradient")
    middle = side // 2
    dabs = [Stroke.brush([(middle, 200 + 90 * k)], 50, k % 5) for k in range(20)]
    times = []
    for dab in dabs:
        began = time.perf_counter()
        fusion = fusion.mend([dab])
        part_of(fusion, 0, Region(*dab.box))
        times.append(1000 * (time.perf_counter() - began))
    print(f"dab of 100 pixels: median {np.median(times):.1f} ms, at most {max(times):.1f} ms")
    way = [(middle + side / 5 * np.sin(i / 20), 100 + i * (side - 200) / 500) for i in range(500)]
    line = Stroke.brush(way, 50, 3)
    print(f"across the plane, 500 points: {milliseconds(lambda: fusion.mend([line])):.0f} ms")
    turns = np.linspace(0, 2 * np.pi, 50, endpoint=False)
    corners = [(middle + side / 3 * np.sin(a), middle + side / 3 * np.cos(a)) for a in turns]
    lasso = Stroke.lasso(corners, 3)
    print(f"lasso over a third of the plane: {milliseconds(lambda: fusion.mend([lasso])):.0f} ms")
    small = Stroke.lasso([(99, 99), (99, 299), (299, 299), (299, 99)], "best")
    print(f"best of 5 planes in 200 x 200: {milliseconds(lambda: fusion.mend([small])):.0f} ms")
    for name in ("image", "depth", "confidence"):
        taken = milliseconds(lambda name=name: getattr(fusion, name))
        print(f"{name} as a whole: {taken:.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
