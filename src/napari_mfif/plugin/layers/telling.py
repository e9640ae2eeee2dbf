"""What is told of a fusion: how much is decided, why the rest is not, and what to doubt."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import NamedTuple

import numpy as np

from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.doubts import Doubt, decided_share
from napari_mfif.fusion.undecided import INVERTS

__all__ = ["Telling", "Told", "told_of"]

#: From this share of the area on it is said beside the result what keeps heights from being known.
SERIOUS = 0.25


class Told(NamedTuple):
    """What is told of a fusion as it is.

    Parameters
    ----------
    decided : str
        How much of the area is decided.
    undecided : str
        Why the rest is not.
    doubt : Doubt, optional
        Why much of it is not to be believed.
    """

    decided: str
    undecided: str = ""
    doubt: Doubt | None = None


@dataclass
class Telling:
    """What is told of a fusion, once that is found out: it takes a look at every pixel."""

    told: Told | None = None


def told_of(fusion: Fusion) -> Told:
    """Look at every pixel of a fusion, so call it in a thread; of a lazy one little is known."""
    if not isinstance(fusion.confidence, np.ndarray):
        return Told("Ready: what comes into view is fused as you look.")
    sure = floor(100 * decided_share(fusion.confidence, fusion.recipe.min_confidence))
    decided = f"{sure} % of the area decided with confidence."
    return Told(decided, _why_undecided(fusion), _doubt_about(fusion))


def _why_undecided(fusion: Fusion) -> str:
    """Say why the rest is not decided; reasons of less than a percent are left out."""
    why = fusion.undecided
    told = ", ".join(
        f"{reason} ({100 * share:.0f} %)" for reason, share in why.items() if share >= 0.01
    )
    if 0.5 < why.get(INVERTS, 0.0) and sum(why.values()) < 1:
        told += ". The few places between that are decided are not to be believed either"
    return f"Not decided: {told}." if told else ""


def _doubt_about(fusion: Fusion) -> Doubt | None:
    """Return why much of a fusion is not to be believed; nothing where it is."""
    serious = (d for d in fusion.doubts if d.kind == "contrast inverts" or d.share >= SERIOUS)
    return next(serious, None)
