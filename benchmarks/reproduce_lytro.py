"""The 20 grey pairs of Lytro: every method, one-line baselines, and how measures are fooled."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.lytro import grey
from benchmarks.published import MEASURES, REPORTED
from napari_mfif import fuse
from napari_mfif.metrics.registry import MEASURES as KNOWN

__all__ = ["ALL", "BASELINES", "VARIANTS", "baseline", "found", "how", "read", "score_method"]

Grey = NDArray[np.uint8]

#: What takes no method: by name, what it does.
BASELINES = {
    "average": "the mean of both planes",
    "max projection": "the brighter of both",
    "first plane": "no fusion at all",
    "wrong plane": "the decision of `gradient` turned round: the blurred plane everywhere",
}
#: What the papers compare of their own method.
VARIANTS: dict[str, dict[str, Any]] = {
    "cnn, not verified": {
        "method": "cnn",
        "consistency": {"small_regions": 0, "guided_radius": 0},
    },
    "boundary-aware, first network": {"method": "boundary-aware", "refine": False},
}
#: The five of the tables, those that reward copying, and what the papers report besides.
ALL = tuple(dict.fromkeys((*MEASURES, "NMI", "Q_Y", *REPORTED)))
#: How the web's files were saved.
QUALITY = 75


def how(row: str) -> dict[str, Any]:
    """Return what `fuse` is given for a row: a method, one of `VARIANTS`, or a method's weights.

    Parameters
    ----------
    row : str
        Such as ``"cnn"``, ``"cnn, not verified"`` or ``"fd-fcn, microscopy"``.
    """
    method, comma, which = row.partition(", ")
    return VARIANTS.get(row, {"method": method} | ({"weights": which} if comma else {}))


def found(folder: Path) -> list[Path]:
    """Return the first planes of the pairs in a folder."""
    return sorted(folder.glob("lytro-??-A.jpg"))


def read(path: Path) -> tuple[Grey, Grey]:
    """Return both planes of a pair, grey."""
    return grey(path), grey(path.with_name(path.name[:-5] + "B.jpg"))


def score_method(name: str, folder: Path) -> dict[str, Any]:
    """Return the means of a method over all pairs, lossless and saved as JPEG, and its seconds."""
    rows, saved, seconds = [], [], 0.0
    for path in found(folder):
        pair = read(path)
        began = time.process_time()
        image = fuse(np.stack(pair), device="cpu", **how(name)).image
        seconds += time.process_time() - began
        rows.append(_scores(pair, image))
        saved.append(_scores(pair, _through_jpeg(image)))
    return {
        "pairs": len(rows),
        "lossless": _means(rows),
        "jpeg": _means(saved),
        "cpu_s_per_pair": round(seconds / len(rows), 2),
        "each": {n: " ".join(f"{row[n]:.5f}" for row in rows) for n in MEASURES},
    }


def baseline(name: str, folder: Path) -> dict[str, Any]:
    """Return the means of a baseline over all pairs."""
    rows = []
    for path in found(folder):
        pair = read(path)
        image = _made(name, pair)
        rows.append(_scores(pair, image))
    return {"pairs": len(rows), "lossless": _means(rows)}


def _made(name: str, pair: tuple[Grey, Grey]) -> Grey:
    first, second = pair
    if name == "average":
        return ((first.astype(int) + second + 1) // 2).astype(np.uint8)
    if name == "max projection":
        return np.maximum(first, second)
    if name == "first plane":
        return first
    off = {"small_regions": 0, "guided_radius": 0}
    decision = fuse(np.stack(pair), method="gradient", consistency=off).decision
    return np.where(decision == 0, second, first)


def _scores(pair: tuple[Grey, Grey], image: Grey) -> dict[str, float]:
    given = {"sources, fused": (*pair, image), "fused": (image,)}
    return {name: float(KNOWN[name].function(*given[KNOWN[name].needs])) for name in ALL}


def _through_jpeg(image: Grey) -> Grey:
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([row[name] for row in rows])), 5) for name in rows[0]}
