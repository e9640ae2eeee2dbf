"""Where a rival is ahead: the first lines of the page."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from operator import gt, lt
from statistics import fmean
from typing import Any

from benchmarks import tables
from benchmarks.tables import lead, number
from napari_mfif.methods import DEFAULT

__all__ = ["losses", "sentences"]

Row = dict[str, Any]

_MAPS = (("ssim", "SSIM", gt, 3), ("within_one", "depth within one plane", gt, 3))
_COSTS = (("wall", "wall time", "s"), ("cpu", "processor time", "s"), ("peak", "memory", "MB"))


def losses(rows: list[Row], tool: str, fault: str) -> list[float]:
    """Decibels that each kind loses to a fault."""
    lost = []
    for row in tables.of_tool(rows, tool, fault=fault):
        same = {key: row[key] for key in ("kind", "noise", "seed")}
        clean = [r for r in tables.of_tool(rows, tool, **same) if not r.get("fault")]
        if clean and "psnr" in clean[0] and "psnr" in row:
            lost.append(clean[0]["psnr"] - row["psnr"])
    return lost


def sentences(rows: list[Row], runs: Row, rivals: Iterable[str]) -> list[str]:
    """Return the lines: where a rival is ahead, and how far we are ahead on the whole."""
    names = list(rivals)
    points = [*_quality(rows, names), *_faults(rows, names), *_speed(runs, names)]
    head = f"**Where a rival is ahead of `{DEFAULT}`:** "
    head += "nowhere in the tables below." if not points else ""
    whole = [line for noise in ("low", "high") if (line := _whole(rows, names, noise))]
    return [head.strip(), *([""] if points else []), *points, "", *whole]


def _quality(rows: list[Row], names: list[str]) -> list[str]:
    points = []
    for noise in ("low", "high"):
        chosen = [r for r in rows if r["noise"] == noise and not r.get("fault")]
        for kind in dict.fromkeys(row["kind"] for row in chosen):
            points += _kind([row for row in chosen if row["kind"] == kind], names)
        for key, words, better, digits in _MAPS:
            own, others = _means(chosen, names, key)
            for name, value in lead(own, others, better, digits)[:1]:
                pair = f"{number(value, digits)} against {number(own, digits)}"
                points.append(f"- {words}, mean at {noise} noise: {name}, {pair}.")
    return points


def _kind(rows: list[Row], names: list[str]) -> list[str]:
    where = f"{rows[0]['kind']}, {rows[0]['noise']} noise"
    points = []
    own, others = _means(rows, names, "psnr")
    for name, value in lead(own, others, gt, 2)[:1]:
        points.append(f"- {where}: {name}, {number(value - own)} dB more.")
    own, others = _means(rows, names, "within_one")
    for name, value in lead(own, others, gt, 3)[:1]:
        pair = f"{number(100 * value, 1)} % against {number(100 * own, 1)} %"
        points.append(f"- {where}, depth within one plane: {name}, {pair}.")
    return points


def _faults(rows: list[Row], names: list[str]) -> list[str]:
    points = []
    for fault in dict.fromkeys(row["fault"] for row in rows if row.get("fault")):
        lost = {tool: losses(rows, tool, fault) for tool in (DEFAULT, *names)}
        means = {tool: fmean(values) for tool, values in lost.items() if values}
        own = means.pop(DEFAULT, nan)
        for name, value in lead(own, means, lt, 2)[:1]:
            pair = f"loses {number(value)} dB, we {number(own)} dB"
            points.append(f"- {fault}, mean of all kinds: {name} {pair}.")
    return points


def _speed(runs: Row, names: list[str]) -> list[str]:
    taken = tables.speeds(runs)
    if DEFAULT not in taken:
        return []
    points = []
    for key, words, unit in _COSTS:
        own = taken[DEFAULT][key]
        others = {name: taken[name][key] for name in names if name in taken}
        digits = 0 if unit == "MB" else 2
        for name, value in lead(own, others, lt, digits)[:1]:
            pair = f"{number(value, digits)} {unit} against {number(own, digits)} {unit}"
            points.append(f"- {words}, 20 planes of 1024 x 1024: {name}, {pair}.")
    return points


def _means(rows: list[Row], names: list[str], key: str) -> tuple[float, dict[str, float]]:
    whole = set(tables.tools_of(rows))
    others = {n: tables.mean(tables.of_tool(rows, n), key) for n in names if n in whole}
    return tables.mean(tables.of_tool(rows, DEFAULT), key), others


def _whole(rows: list[Row], names: list[str], noise: str) -> str:
    chosen = [r for r in rows if r["noise"] == noise and not r.get("fault")]
    own, others = _means(chosen, names, "psnr")
    if not others or own != own:
        return ""
    best = max(others, key=lambda name: others[name])
    return (
        f"Mean of all kinds at {noise} noise: `{DEFAULT}` {number(own)} dB, the best rival "
        f"({best}) {number(others[best])} dB, {number(own - others[best])} dB apart.  "
    )
