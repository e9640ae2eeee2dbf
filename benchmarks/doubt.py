"""How often the true height lies within the band of 95 % that a profile shows.

Run ``python benchmarks/doubt.py``: simulated stacks of six kinds, two seeds each; heights of
confidence 0.5 and more. The band follows from the confidence, so it cannot be better than that is.
"""

from __future__ import annotations

import numpy as np

from napari_mfif import fuse
from napari_mfif.simulation import simulate
from napari_mfif.surface import height_map
from napari_mfif.surface.profile import BAND

KINDS = ("relief", "steps", "occlusion", "weak", "tissue", "fluorescence")
SEEDS = (11, 12)


def main() -> None:
    print("kind, share of the area that is sure, within the band, half width in planes (median)")
    for kind in KINDS:
        sure, held, widths = [], [], []
        for seed in SEEDS:
            made = simulate(kind, seed=seed, shape=(256, 256), planes=16)
            heights = height_map(fuse(made.stack))
            known = heights.known()
            half = BAND * heights.doubt[known]
            step = abs(made.stack.z_step or 1)
            truth = made.stack.heights(made.depth)[known]
            sure.append(known.mean())
            held.append(np.abs(heights.height[known] - truth) <= half)
            widths.append(half / step)
        share = np.concatenate(held).mean()
        width = float(np.median(np.concatenate(widths)))
        print(f"{kind}, {np.mean(sure):.0%}, {share:.0%}, {width:.2f}")


if __name__ == "__main__":
    main()
