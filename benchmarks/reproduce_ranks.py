"""How often each method is the best of a pair of Lytro, and whether ranks differ more than by luck.

Ranks of all methods on each pair, their means, and the critical difference of Nemenyi's test
(Demsar 2006), as in the paper of FD-FCN (section 4.2.2 and figure 9): where two mean ranks differ
by less, 20 pairs do not tell the methods apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import friedmanchisquare, rankdata, studentized_range

from benchmarks.published import MEASURES

__all__ = ["PICTURE", "critical_difference", "draw", "mean_ranks", "scores_of", "wins"]

PICTURE = "reproduction-ranks.svg"
#: Of the test.
LEVEL = 0.05
#: Pixels of the picture: a panel, a line, the room for names, one rank.
WIDTH, LINE, NAMES, TOP = 400, 18, 128, 44

Scores = NDArray[np.float64]


def scores_of(rows: Mapping[str, Any], names: Sequence[str], measure: str) -> Scores:
    """Return the scores of methods, (methods, pairs)."""
    return np.array([[float(word) for word in rows[n]["each"][measure].split()] for n in names])


def wins(scores: Scores) -> NDArray[np.int_]:
    """Return on how many pairs each method beats all others."""
    ordered = np.sort(scores, axis=0)
    return np.asarray(((scores == ordered[-1]) & (ordered[-1] > ordered[-2])).sum(1))


def mean_ranks(scores: Scores) -> Scores:
    """Return the mean rank of each method: 1 is the best, equal ones share theirs."""
    return np.asarray(rankdata(-scores, axis=0).mean(1))


def critical_difference(methods: int, pairs: int) -> float:
    """Return by how much mean ranks must differ to tell two methods apart (Nemenyi)."""
    wide = studentized_range.ppf(1 - LEVEL, methods, np.inf) / np.sqrt(2)
    return float(wide * np.sqrt(methods * (methods + 1) / (6 * pairs)))


def chance(scores: Scores) -> float:
    """Return how probable such ranks are if all methods were alike (Friedman)."""
    return float(friedmanchisquare(*scores).pvalue)


def draw(rows: Mapping[str, Any], names: Sequence[str], folder: Path) -> None:
    """Draw a panel for each measure: methods by their mean ranks, with the critical difference."""
    panels = [
        _panel(measure, scores_of(rows, names, measure), names, index)
        for index, measure in enumerate(MEASURES)
    ]
    height = TOP + (len(names) + 1) * LINE
    size = f'width="{2 * WIDTH}" height="{3 * height}"'
    style = 'font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>',
        '<rect width="100%" height="100%" fill="#fff"/>',
        *panels,
        "</svg>",
    ]
    (folder / PICTURE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _panel(measure: str, scores: Scores, names: Sequence[str], index: int) -> str:
    ranks = mean_ranks(scores)
    apart = critical_difference(*scores.shape)
    height = TOP + (len(names) + 1) * LINE
    left, top = WIDTH * (index % 2), height * (index // 2)
    scale = (WIDTH - NAMES - 20) / (len(names) - 1 + apart)

    def across(rank: float) -> float:
        return round(left + NAMES + (rank - 1) * scale, 1)

    told = f"{measure}: mean rank, critical difference {apart:.2f}, p {chance(scores):.1g}"
    parts = [f'<text x="{left + 8}" y="{top + 18}" font-weight="bold">{told}</text>']
    for rank in range(1, len(names) + 1):
        x = across(rank)
        parts.append(f'<text x="{x}" y="{top + 36}" text-anchor="middle" fill="#666">{rank}</text>')
        bottom = top + height - LINE
        parts.append(f'<line x1="{x}" y1="{top + 40}" x2="{x}" y2="{bottom}" stroke="#ddd"/>')
    for place, number in enumerate(np.argsort(ranks, kind="stable")):
        y = top + TOP + (place + 0.5) * LINE
        ends = f'x1="{across(ranks[number])}" x2="{across(ranks[number] + apart)}"'
        parts += [
            f'<text x="{left + 8}" y="{y + 4}">{names[number]}</text>',
            f'<line {ends} y1="{y}" y2="{y}" stroke="#1f77b4" stroke-width="2"/>',
            f'<circle cx="{across(ranks[number])}" cy="{y}" r="4" fill="#1f77b4"/>',
        ]
    return "\n".join(parts)
