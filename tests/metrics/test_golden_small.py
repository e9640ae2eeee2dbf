"""Each measure keeps its value on two pairs that are made here, by whole numbers alone.

The values were written by ``python tests/metrics/test_golden_small.py`` when all measures met the
values of the reference programs on 27 other triples, to the digits that `test_golden.py` asks for
where those are at hand.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from napari_mfif.metrics.registry import MEASURES

GOLDEN = Path(__file__).with_name("golden_small.csv")
WINDOW_STATISTICS = {"Q_C", "Q_C_clipped", "Q_Y", "VIFF"}  # ratios of small differences


def texture(rows=72, columns=90):
    """Return an 8-bit scene of fine and coarse detail, the same on every machine."""
    y, x = np.mgrid[:rows, :columns].astype(np.int64)
    fine = (1103515245 * (y * columns + x) + 12345) // 65536 % 61
    coarse = (y * y + 3 * x * y + 5 * x) // 40 % 97
    return (40 + fine + coarse + 20 * ((x // 12 + y // 9) % 2)).astype(np.uint8)


def softened(image, radius=3):
    """Return the rounded-down mean of a square window, by whole numbers."""
    size = 2 * radius + 1
    padded = np.pad(image.astype(np.int64), radius, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return (windows.sum((2, 3)) // size**2).astype(np.uint8)


def pairs():
    """Return two planes and a fused image, by name."""
    sharp = texture()
    soft = softened(sharp)
    left = np.arange(sharp.shape[1])[None] + np.arange(sharp.shape[0])[:, None] // 2 < 60
    first, second = np.where(left, sharp, soft), np.where(left, soft, sharp)
    mean = ((first.astype(np.int64) + second + 1) // 2).astype(np.uint8)
    off = np.roll(left, 5, axis=1)
    return {"mean": (first, second, mean), "shifted": (first, second, np.where(off, first, second))}


def values():
    """Yield pair, measure and value for all that needs no truth."""
    for pair, images in pairs().items():
        for name, about in MEASURES.items():
            if about.needs in ("sources, fused", "fused"):
                given = images if about.needs == "sources, fused" else images[2:]
                yield pair, name, float(about.function(*given))


def written():
    with GOLDEN.open(newline="") as lines:
        return [(row["pair"], row["measure"], float(row["value"])) for row in csv.DictReader(lines)]


def test_every_measure_that_needs_no_truth_has_a_value():
    assert {name for _, name, _ in written()} == {name for _, name, _ in values()}


@pytest.mark.parametrize(("pair", "name", "value"), written())
def test_measures_keep_their_values(pair, name, value):
    about, images = MEASURES[name], pairs()[pair]
    given = images if about.needs == "sources, fused" else images[2:]
    rel = 1e-7 if name in WINDOW_STATISTICS else 1e-9
    assert about.function(*given) == pytest.approx(value, rel=rel, nan_ok=True)


if __name__ == "__main__":
    with GOLDEN.open("w", newline="") as lines:
        out = csv.writer(lines, lineterminator="\n")
        out.writerow(["pair", "measure", "value"])
        out.writerows((pair, name, repr(value)) for pair, name, value in values())
