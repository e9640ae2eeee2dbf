"""``python benchmarks/lytro.py --data FOLDER``: fuse the 20 grey Lytro pairs and score them.

FOLDER holds ``lytro-01-A.jpg``, ``lytro-01-B.jpg``, ... (Nejati et al. 2015). Pairs are turned
grey in whole numbers, fused, and scored without saving; means over the pairs are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif import fuse
from napari_mfif.metrics import pairs

METRICS = ("q_g", "q_abf", "q_cb", "q_e", "viff")
#: What each row of the table does.
ROWS = {
    "gradient": {"method": "gradient"},
    "cnn": {"method": "cnn"},
    "cnn, not verified": {"method": "cnn", "consistency": {"small_regions": 0, "guided_radius": 0}},
    "fd-fcn": {"method": "fd-fcn"},
    "fd-fcn, no guided filter": {"method": "fd-fcn", "consistency": {"guided_radius": 0}},
    "boundary-aware": {"method": "boundary-aware"},
    "boundary-aware, first network": {"method": "boundary-aware", "refine": False},
    "mfif-gan": {"method": "mfif-gan"},
    "ufa-fuse": {"method": "ufa-fuse"},
    "cnn, hard decision": {"method": "cnn", "consistency": {"guided_radius": 0}},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the pairs")
    parser.add_argument("--rows", default="", help="some of the rows only, split by semicolons")
    parser.add_argument("--json", type=Path, help="write the scores of every pair")
    given = parser.parse_args(arguments)
    found = sorted(given.data.glob("lytro-??-A.jpg"))
    if not found:
        print(f"{given.data} holds no lytro-01-A.jpg, lytro-01-B.jpg, ...", file=sys.stderr)
        return 2
    sources = [(grey(path), grey(path.with_name(path.name[:-5] + "B.jpg"))) for path in found]
    chosen = [name.strip() for name in given.rows.split(";") if name.strip()] or list(ROWS)
    print(f"{'':20}{''.join(f'{name.upper():>9}' for name in METRICS)}   CPU s")
    scores = {}
    for name in chosen:
        began = time.process_time()
        fused = [fuse(np.stack(pair), **ROWS[name]).image for pair in sources]
        seconds = time.process_time() - began
        scores[name] = [score(*pair, image) for pair, image in zip(sources, fused, strict=True)]
        means = np.mean([list(row.values()) for row in scores[name]], axis=0)
        print(f"{name:20}{''.join(f'{mean:9.4f}' for mean in means)}{seconds:8.1f}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(scores, indent=1), encoding="utf-8")
    return 0


def grey(path: Path) -> NDArray[np.uint8]:
    """Return a picture in grey: ITU-R 601 weights in whole numbers, half up."""
    blue, green, red = np.moveaxis(cv2.imread(str(path), cv2.IMREAD_COLOR).astype(int), 2, 0)
    return ((299 * red + 587 * green + 114 * blue + 500) // 1000).astype(np.uint8)


def score(
    first: NDArray[np.uint8], second: NDArray[np.uint8], fused: NDArray[np.uint8]
) -> dict[str, float]:
    """Return the five measures of a fused pair."""
    return {name: float(getattr(pairs, name)(first, second, fused)) for name in METRICS}


if __name__ == "__main__":
    sys.exit(main())
