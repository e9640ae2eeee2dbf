"""From rows of numbers to tables of text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import methods

__all__ = [
    "area",
    "in_order",
    "lead",
    "markdown",
    "mean",
    "number",
    "of_tool",
    "pooled",
    "shares",
    "speeds",
    "titled",
    "tools_of",
]

Row = dict[str, Any]


def mean(rows: Iterable[Row], key: str) -> float:
    """Mean of a column over the rows that have it; NaN for none."""
    values = [row[key] for row in rows if row.get(key) is not None]
    return fmean(values) if values else math.nan


def of_tool(rows: Iterable[Row], tool: str, **fixed: Any) -> list[Row]:
    """Rows of one tool in which the named columns have the given values."""
    return [
        row
        for row in rows
        if row["tool"] == tool and all(row.get(key) == value for key, value in fixed.items())
    ]


def tools_of(rows: Iterable[Row]) -> list[str]:
    """Return names of tools that have a picture in every scene that they were given."""
    seen: dict[str, bool] = {}
    for row in rows:
        seen[row["tool"]] = seen.get(row["tool"], True) and "psnr" in row
    return [tool for tool, whole in seen.items() if whole]


def number(value: float | None, digits: int = 2) -> str:
    """Return a number for a cell; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}"


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, rule, *lines))


def in_order(rows: Iterable[str]) -> list[str]:
    """Return names of methods in the methods' order, each followed by its other forms."""
    listed = sorted(rows)
    return [key for name in methods.names() for key in listed if key.partition(",")[0] == name]


def titled(name: str) -> str:
    """Return a name with the method in it in backquotes, for Markdown."""
    method, comma, rest = name.partition(",")
    return f"`{method}`{comma}{rest}" if method in methods.names() else name


def lead(
    own: float, others: dict[str, float], better: Callable[[float, float], bool], digits: int
) -> list[tuple[str, float]]:
    """Return who is ahead of us when both are rounded, and their values, the best first."""
    shown = round(own, digits)
    ahead = [(n, value) for n, value in others.items() if better(round(value, digits), shown)]
    return sorted(ahead, key=lambda pair: -abs(pair[1] - own))


def speeds(runs: dict[str, Any]) -> dict[str, Row]:
    """Return medians of wall, cpu and peak by tool, failed ones left out."""
    return {
        tool: {key: median(taken[key]) for key in ("wall", "cpu", "peak")}
        | {"psnr": taken.get("psnr"), "rounds": len(taken["wall"])}
        for tool, taken in runs.items()
        if taken["wall"] and "failed" not in taken
    }


def pooled(rows: Iterable[Row], key: str) -> NDArray[np.float64]:
    """Sum of a column of histograms."""
    return np.sum([row[key] for row in rows], axis=0, dtype=np.float64)


def area(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """Area under the ROC curve of two histograms over the same rising bins."""
    below = np.cumsum(wrong) - wrong / 2
    return float((right * below).sum() / (right.sum() * wrong.sum()))


def shares(part: NDArray[np.float64], whole: NDArray[np.float64], bins: int) -> list[float]:
    """Return a part of the whole in fewer bins; NaN in an empty one."""
    parts, wholes = part.reshape(bins, -1).sum(1), whole.reshape(bins, -1).sum(1)
    return [float(p / w) if w else math.nan for p, w in zip(parts, wholes, strict=True)]
