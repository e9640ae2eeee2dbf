"""``python -m benchmarks.fooled --lytro FOLDER``: what damage does to every measure of a fusion.

Three grey pairs of Lytro (01, 05, 13), fused by `gradient` without verification, then damaged: the
figures in "what fools it" of docs/metrics.md are of this kind. Means are printed, a measure a row.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import keep
from benchmarks.reproduce_lytro import read
from benchmarks.tables import markdown, number
from napari_mfif import fuse
from napari_mfif.metrics.registry import MEASURES

Grey = NDArray[np.uint8]

PAIRS = ("01", "05", "13")


def noisy(image: Grey, deviation: float) -> Grey:
    """Add noise of so many grey levels."""
    noise = np.random.default_rng(0).normal(0, deviation, image.shape)
    return rounded(image + noise)


def sharpened(image: Grey) -> Grey:
    """Mask unsharply: sigma 1.5, once what is lost."""
    values = image.astype(np.float64)
    return rounded(2 * values - cv2.GaussianBlur(values, (0, 0), 1.5))


def saved(image: Grey, quality: int) -> Grey:
    """Save as JPEG, and read."""
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def rounded(values: NDArray[Any]) -> Grey:
    """Return whole grey levels."""
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


#: What is done to a fused image, by name.
DAMAGE: dict[str, Callable[[Grey], Grey]] = {
    "as it is": lambda image: image,
    "noise 3": lambda image: noisy(image, 3),
    "noise 10": lambda image: noisy(image, 10),
    "blurred 1": lambda image: cv2.GaussianBlur(image, (0, 0), 1),
    "sharpened": sharpened,
    "shifted": lambda image: np.roll(image, 1, axis=1),
    "half contrast": lambda image: rounded(image.mean() + (image - image.mean()) / 2),
    "JPEG 95": lambda image: saved(image, 95),
    "JPEG 75": lambda image: saved(image, 75),
}


def images(pair: tuple[Grey, Grey]) -> dict[str, Grey]:
    """Return what is measured of a pair, by name."""
    off = {"small_regions": 0, "guided_radius": 0}
    fusion = fuse(np.stack(pair), method="gradient", consistency=off)
    made = {name: damage(fusion.image) for name, damage in DAMAGE.items()}
    wrong = np.where(fusion.decision == 0, pair[1], pair[0])
    mean = ((pair[0].astype(int) + pair[1] + 1) // 2).astype(np.uint8)
    return made | {"wrong plane": wrong, "mean": mean, "a source": pair[0]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fooled", description=__doc__)
    parser.add_argument("--lytro", type=Path, default=keep.BESIDE / "lytro", help="the pairs")
    given = parser.parse_args(arguments)
    names = [name for name, m in MEASURES.items() if m.needs in ("sources, fused", "fused")]
    found: dict[str, list[list[float]]] = {}
    for number_of in PAIRS:
        pair = read(given.lytro / f"lytro-{number_of}-A.jpg")
        for title, image in images(pair).items():
            seen = {"sources, fused": (*pair, image), "fused": (image,)}
            scores = [float(MEASURES[n].function(*seen[MEASURES[n].needs])) for n in names]
            found.setdefault(title, []).append(scores)
    means = {title: np.mean(rows, axis=0) for title, rows in found.items()}
    lines = [[n, *(number(row[k], 3) for row in means.values())] for k, n in enumerate(names)]
    print(markdown(["", *means], lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
