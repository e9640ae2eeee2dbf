"""The page ``docs/sizes.md``, made from the kept numbers alone."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import keep
from benchmarks.rivals import RIVALS
from benchmarks.tables import markdown, number
from napari_mfif import methods

__all__ = ["PAGE", "exponent", "write"]

PAGE = Path(__file__).parents[1] / "docs" / "sizes.md"

Row = dict[str, Any]

INTRODUCTION = """\
Whole processes, start-up included, from an uncompressed 16-bit TIFF to the image as TIFF; rivals
get one file per plane. All stacks are one simulated stack (relief, seed 100), mirrored to the size.
*cpu s* is processor time of all threads, *MB* the largest memory a process held. Medians of rounds
in which all took turns. `python -m benchmarks sizes` makes these numbers again;
`--sizes rivals,reading,planes,pixels,memory,pairwise`, `--sizes rivals=20x1024` and `--only ...`
choose.

The machine did nothing else, but for the tables of memory and of pairs: of these only megabytes and
processor seconds mean anything. shinestacker was left out of 4096 x 4096 and 200 planes: it needs
more than the machine has free. focus-stack is not packaged in Debian 12 or on PyPI, and was not
measured."""

RIVALS_TEXT = """\
Our methods write what the rivals write: the image alone (`--quiet`, so that not even a confidence
has to be told; `adaptive` then makes no maps, which saves it a third). *times* are those of the
rival divided by ours in the same rounds: above 1 we are ahead. A process is stopped at 14 GB."""

READING = """\
Wall seconds of the whole process against a process that imports tifffile, reads and decodes the
file plane by plane, and does no more."""

GROWTH = """\
Exponents of a power law fitted to seconds over pixels, what the smallest stack has and takes taken
off both: 1 is linear. {planes}; {pixels}."""

MEMORY = """\
Peak MB of whole processes on planes of 4096 x 4096 from disk, with what they may use left to the
default (half of what is free). `cnn` would take hours for as many on a processor."""

PAIRWISE = """\
`cnn` on 16 planes of 1024 x 1024, one thread: the plain way compares the picture so far with each
next plane by the paper's full network (30 branch passes, both fully-connected layers) with torch's
own convolutions, in the order of the axes that suits them better. It was timed on {piece} x {piece}
pixels and scaled by the number of multiplications. The rule along z is switched off for the
comparison of decisions, 16 pixels at the border are left out."""

#: Processors of this machine have no such instructions.
NO_BFLOAT = """\
`cnn` in bfloat16 is only worth measuring on processors with instructions for it (AVX512-BF16 or
AMX); this one has none."""


def write() -> None:
    """Write the page from what is kept."""
    kept = keep.load("sizes")
    parts = ["# Sizes", INTRODUCTION, _machine(kept)]
    for label, runs in kept.get("rivals", {}).items():
        parts += [f"## {label.replace('x', 'planes of')} pixels a side", *_rivals(runs)]
    parts += [*_reading(kept), *_growth(kept), *_memory(kept), *_pairwise(kept)]
    PAGE.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _machine(kept: Row) -> str:
    where = keep.load("rivals").get("machine")
    if not where or not kept:
        return ""
    return (
        f"Made on {kept['made']}: {where['system']}, {where['cores']} cores of "
        f"{where['processor']}, Python {where['python']}."
    )


def _name(tool: str) -> str:
    return f"**{tool}**" if tool in methods.names() else tool


def _rivals(runs: Row) -> list[str]:
    done = {tool: _medians(taken) for tool, taken in runs.items() if taken.get("wall")}
    done = {tool: costs for tool, costs in done.items() if "failed" not in runs[tool]}
    ours = [name for name in ("adaptive", "gradient") if name in done]
    header = ["tool", "wall s", "cpu s", "MB", *[f"times {name}: wall / cpu / MB" for name in ours]]
    lines = []
    for tool, costs in sorted(done.items(), key=lambda pair: pair[1]["wall"]):
        ratios = [
            " / ".join(number(costs[k] / done[name][k]) for k in ("wall", "cpu", "peak"))
            for name in ours
        ]
        cells = [number(costs["wall"]), number(costs["cpu"]), number(costs["peak"], 0)]
        lines.append([_name(tool), *cells, *ratios])
    failed = [f"- {tool}: {taken['failed']}" for tool, taken in runs.items() if "failed" in taken]
    return [RIVALS_TEXT, markdown(header, lines), *_behind(done), "\n".join(failed)]


def _behind(done: dict[str, Row]) -> list[str]:
    """Say where a rival is ahead of `adaptive`."""
    names = [rival.name for rival in RIVALS if rival.name in done]
    if "adaptive" not in done or not names:
        return []
    words = {"wall": "wall time", "cpu": "processor time", "peak": "memory"}
    lost = []
    for key, word in words.items():
        best = min(names, key=lambda name: done[name][key])
        if done[best][key] < done["adaptive"][key]:
            lost.append(f"{word} ({best})")
    return [f"A rival is ahead of `adaptive` in: {', '.join(lost) or 'nothing'}."]


def _medians(taken: Row) -> Row:
    return {key: median(taken[key]) for key in ("wall", "cpu", "peak")}


def _reading(kept: Row) -> list[str]:
    runs = kept.get("reading")
    if not runs:
        return []
    lines = []
    for label, by_name in runs.items():
        read = median(by_name["reading"]["wall"])
        for name, taken in by_name.items():
            if name != "reading":
                own = median(taken["wall"])
                lines.append([f"{_name(name)}, {label}", *map(number, (own, read, own / read))])
    return ["## Against reading alone", READING, markdown(["", "fuse s", "read s", "times"], lines)]


def _growth(kept: Row) -> list[str]:
    lines = []
    for name in methods.names():
        cells = []
        for part in ("planes", "pixels"):
            runs = kept.get(part, {}).get(name)
            cells += [number(exponent(runs, key)) if runs else "–" for key in ("wall", "cpu")]
        if any(cell != "–" for cell in cells):
            lines.append([_name(name), *cells])
    if not lines:
        return []
    text = GROWTH.format(
        planes="Planes: 4 to 256 of 512 x 512 (`cnn`: 4 to 32 of 256 x 256)",
        pixels="pixels: 8 planes of 0.26 to 67 megapixels (`cnn`: 4 of 0.26 to 4)",
    )
    header = ["", "planes, wall", "planes, cpu", "pixels, wall", "pixels, cpu"]
    return ["## Growth", text, markdown(header, lines), *_costs(kept)]


def _costs(kept: Row) -> list[str]:
    parts = []
    for part in ("planes", "pixels"):
        runs = {name: taken for name, taken in kept.get(part, {}).items() if name != "cnn"}
        if runs:
            labels = [label for label in next(iter(runs.values())) if label != "start"]
            lines = [
                [_name(name), *[_cell(taken.get(label), "wall", "peak") for label in labels]]
                for name, taken in runs.items()
            ]
            parts.append(markdown(["wall s / MB", *labels], lines))
    return parts


def _cell(taken: Row | None, *keys: str) -> str:
    if not taken or "wall" not in taken:
        return "–"
    return " / ".join(number(median(taken[key]), 0 if key == "peak" else 2) for key in keys)


def exponent(runs: Row, key: str) -> float:
    """Return the power by which seconds grow with size, the smallest taken off both."""
    found = []
    for label, taken in runs.items():
        if label != "start":
            planes, side = (int(part) for part in label.split(" x "))
            found.append((planes * side * side, median(taken[key])))
    (least, first), *others = found
    points = [
        (math.log(size - least), math.log(seconds - first))
        for size, seconds in others
        if seconds > 1.05 * first  # less than that is noise
    ]
    if len(points) < 2:
        return math.nan
    sizes, spans = np.array(points).T
    return float(np.polyfit(sizes, spans, 1)[0])


def _memory(kept: Row) -> list[str]:
    runs = kept.get("memory")
    if not runs:
        return []
    lines = []
    for name, taken in runs.items():
        (few, small), (many, large) = [(k, v) for k, v in taken.items() if k != "start"][:2]
        pair = median(small["peak"]), median(large["peak"])
        counts = f"{few.split(' ')[0]} and {many.split(' ')[0]}"
        seconds = number(median(large["wall"]), 0)
        cells = [counts, *[number(value, 0) for value in pair], number(pair[1] / pair[0])]
        lines.append([_name(name), *cells, seconds])
    header = ["", "planes", "MB, fewer", "MB, more", "ratio", "wall s, more"]
    return ["## Memory against planes", MEMORY, markdown(header, lines)]


def _pairwise(kept: Row) -> list[str]:
    found = kept.get("pairwise")
    if not found:
        return []
    lines = [
        ["plain, pair by pair", number(found["plain"], 0)],
        ["one collapsed pass per plane", number(found["joint"], 0)],
        ["times", number(found["plain"] / found["joint"], 1)],
        ["same decision, share of pixels", number(found["equal"], 4)],
        ["within one plane", number(found["within_one"], 4)],
    ]
    text = PAIRWISE.format(piece=found["piece"])
    return ["## One pass per plane", text, markdown(["", "cpu s"], lines), NO_BFLOAT]
