"""Pictures as the papers show them, of simulated scenes: from the score map to the difference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif import fuse
from napari_mfif.settings.consistency import OFF
from napari_mfif.simulation import simulate
from napari_mfif.training.data import Picture, draw_texture
from napari_mfif.training.scenes import object_pair

__all__ = ["FOLDER", "PAIR", "STACK", "draw"]

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
PAIR, STACK = "reproduction-pair.webp", "reproduction-stack.webp"

#: Scenes that no table uses.
SEEDS = (326, 321)
SIDE, GAP, LINE = 176, 4, 18
TIMES = 10

Tile = NDArray[np.uint8]


def draw(methods: Sequence[str]) -> None:
    """Draw a row for every method: one picture of a pair, one of a z-stack."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    planes, known = _pair()
    _write([_row(known), *(_row(_of_pair(name, planes), name) for name in methods)], PAIR)
    planes, known = _stack()
    _write([_row(known), *(_row(_of_stack(name, planes), name) for name in methods)], STACK)


def _pair() -> tuple[NDArray[np.uint8], dict[str, Tile]]:
    """Return an object before a background, both drawn textures, and what is known of it."""
    rng = np.random.default_rng(SEEDS[0])
    drawn = [Picture(f"drawn {i}", draw_texture(rng, (384, 384))) for i in range(4)]
    pair = object_pair(rng, drawn, SIDE)
    planes = np.rint(np.stack([pair.first, pair.second]).clip(0, 255)).astype(np.uint8)
    return planes, {
        "plane A": planes[0],
        "plane B": planes[1],
        "truth": _between(pair.image, 0, 255),
        "true decision": _between(pair.focus, 1, 0),
    }


def _stack() -> tuple[NDArray[np.uint8], dict[str, Tile]]:
    """Return a z-stack of hairs before a surface, and what is known of it."""
    how: dict[str, Any] = {"planes": 12, "photons": "low", "dtype": "uint8"}
    made = simulate("occlusion", seed=SEEDS[1], shape=(SIDE, SIDE), **how)
    planes = np.asarray(made.stack.pixels)
    return planes, {
        "first plane": planes[0],
        "last plane": planes[-1],
        "truth": _between(made.image, 0, 255),
        "true depth": _between(made.depth, 0, len(planes) - 1),
    }


def _of_pair(method: str, planes: NDArray[np.uint8]) -> dict[str, Tile]:
    raw, fusion = fuse(planes, method=method, consistency=OFF), fuse(planes, method=method)
    first, second = np.asarray(raw.scores)
    focus = np.where(raw.decision == 1, raw.confidence, 1 - raw.confidence)
    return {
        "score B - A": _signed(second - first),
        "focus map": _between(focus, 0, 1),
        "decision": _between(fusion.decision, 0, 1),
        "fused": fusion.image,
        f"{TIMES} |B - F|": _difference(planes[1], fusion.image),
    }


def _of_stack(method: str, planes: NDArray[np.uint8]) -> dict[str, Tile]:
    fusion = fuse(planes, method=method)
    middle = len(planes) // 2
    score = np.asarray(fusion.scores[middle])
    return {
        f"score, plane {middle}": _between(score, *np.percentile(score, (1, 99))),
        "depth": _between(fusion.depth, 0, len(planes) - 1),
        "confidence": _between(fusion.confidence, 0, 1),
        "fused": fusion.image,
        f"{TIMES} |plane {middle} - F|": _difference(planes[middle], fusion.image),
    }


def _between(values: NDArray[Any], low: float, high: float) -> Tile:
    scaled = (np.asarray(values, np.float64) - low) * (255 / (high - low or 1))
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)


def _signed(values: NDArray[Any]) -> Tile:
    """Show 0 as grey."""
    reach = max(float(np.percentile(np.abs(values), 98)), 1e-12)
    return _between(values, -reach, reach)


def _difference(plane: Tile, fused: Tile) -> Tile:
    return _between(np.abs(plane.astype(int) - fused), 0, 255 / TIMES)


def _row(tiles: dict[str, Tile], method: str = "") -> Tile:
    """Lay tiles side by side, a line of text over each."""
    parts = []
    for number, (words, tile) in enumerate(tiles.items()):
        canvas = np.full((SIDE + LINE + GAP, SIDE + GAP), 255, np.uint8)
        canvas[LINE : LINE + SIDE, :SIDE] = tile
        text = f"{method}: {words}" if method and not number else words
        place = (2, LINE - 5)
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0, 1, cv2.LINE_AA)
        parts.append(canvas)
    return np.hstack(parts)


def _write(rows: Sequence[Tile], name: str) -> None:
    widest = max(row.shape[1] for row in rows)
    even = [
        cv2.copyMakeBorder(row, 0, 0, 0, widest - row.shape[1], cv2.BORDER_CONSTANT, value=255)
        for row in rows
    ]
    _, content = cv2.imencode(".webp", np.vstack(even), [cv2.IMWRITE_WEBP_QUALITY, 82])
    (FOLDER / name).write_bytes(content.tobytes())
