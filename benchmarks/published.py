"""What others printed or published about the pairs of Lytro: read from ``papers.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

__all__ = ["CAUSES", "FILES", "MEASURES", "PAPERS", "REPORTED"]

#: Columns of the tables of Lytro.
MEASURES = ("Q_G", "Q_ABF", "Q_CB", "Q_E", "VIFF")

_CONTENT: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "papers.toml").read_text(encoding="utf-8")
)

#: Published fused images by whose they are: how they are saved, and what they score.
FILES: dict[str, dict[str, Any]] = {one["title"]: one for one in _CONTENT.pop("files")}

#: What the papers print, by method: figures, where they stand, and why they compare or not.
PAPERS: dict[str, dict[str, Any]] = _CONTENT

#: All measures that any of the papers reports, by our names.
REPORTED = tuple(
    dict.fromkeys(
        name.removesuffix("_root") for paper in PAPERS.values() for name in paper["printed"]
    )
)

#: What costs a network most.
CAUSES = {
    "cnn": "The paper's verification costs it most: its guided filter mixes planes along outlines "
    "(see the row without it).",
    "fd-fcn": "A plane is judged by itself: what is smooth in focus and what is blurred look "
    "alike to it, and noise decides there.",
    "boundary-aware": "Its published weights have seen a few hundred batches on a processor, where "
    "the paper's two networks had 200 epochs; and it decides for 4 x 4 pixels at a time.",
    "mfif-gan": "Trained on a processor in a fraction of the paper's time; flat parts are "
    "guessed, which costs Q_E and VIFF.",
    "ufa-fuse": "Where there is little texture within the 21 x 21 pixels that it sees, it mixes "
    "planes instead of choosing: that costs contrast, which VIFF sees.",
}
