"""The page ``docs/benchmarks.md``, made from the kept numbers alone."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks import ahead, keep, tables
from benchmarks.rivals import LEFT_OUT, RIVALS
from benchmarks.tables import markdown, number
from napari_mfif import methods
from napari_mfif.simulation import KINDS

__all__ = ["PAGE", "write"]

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

Row = dict[str, Any]

INTRODUCTION = """\
Every tool gets the same pictures in one run, as a process of its own, start-up included. *cpu s*
is processor time of all threads, *MB* the largest memory that the process held. Rivals get
planes that need no alignment and are told so; they are only run, each in an environment of its
own. `make bench` makes these numbers again."""

STACKS = """\
Stacks of `napari_mfif.simulation`, 256 x 256, 12 to 40 planes, 16-bit files (of a 12- or a 16-bit
camera), seeds that were never used for tuning; {stacks} stacks for each noise. PSNR in dB against
the noise-free all-in-focus image, its peak the range of that image (0.1 to 99.9 percentile), 4
pixels at the border left out. Depth is judged where the texture makes it decidable: *MAE* in
planes, *within 1* the share of pixels right within one plane. *AUROC*: how well the confidence
tells right from wrong. *true depth* copies each pixel from the plane that is truly nearest; it is
no upper bound, since where things overlap no single plane is right. **Bold** are the methods of
this project. Rivals get the planes multiplied by a whole number, so that the brightest pixel comes
near 65535, which most of them take for white (a 12-bit camera would look black to them); their
results are divided by it. The networks that take longest, `boundary-aware`,
`mfif-gan` and `ufa-fuse`, are judged [apart](reached.md)."""

CONFIDENCE = """\
Share of pixels right within one plane, by the confidence that a method gave them."""

FAULTS = """\
Loss in dB against the same stacks without the fault (low noise, first seed): mean over kinds, and
the worst kind. With brightness drift the true brightness is not defined, so one gain is fitted to
every result; OpenFocus is told to match exposures."""

SPEED = """\
{planes} planes of 1024 x 1024, uint16, from TIFF to TIFF: one file for us, pyclesperanto and the
baseline, one file per plane for the others. Our methods write image, depth, decision and
confidence. Medians of rounds in which all tools took turns; *times adaptive* divides by the
median of `adaptive`."""

MEMORY = """\
Peak MB (cpu s) against the number of planes, the same planes there and back again."""


WINDOW = """\
32 planes of 1024 x 1024 fused from the panel of a real napari window, on a virtual display drawn
by the processor. The longest that our own code held the main thread in one turn of its event
loop, the longest that napari took to add or update one layer, and the longest turn of all,
drawing included."""


def write() -> None:
    """Write the page from what is kept."""
    rows = keep.load_rows("quality")
    parts = [
        "# Benchmarks",
        _ahead(rows),
        INTRODUCTION,
        _machine(),
        *_quality(rows),
        *_faults(rows),
        *_speed(),
        *_imports(),
        *_window(),
        *_rivals(rows),
    ]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _ahead(rows: list[Row]) -> str:
    rivals = {rival.name for rival in RIVALS}
    lines = ahead.sentences(rows, keep.load("speed").get("runs", {}), rivals)
    return "\n".join(lines)


def _machine() -> str:
    kept = keep.load("rivals")
    if not kept:
        return ""
    made, where = kept["made"], kept["machine"]
    return (
        f"Made on {made}: {where['system']}, {where['cores']} cores of {where['processor']}, "
        f"Python {where['python']}."
    )


def _name(tool: str) -> str:
    return f"**{tool}**" if tool in methods.names() else tool


def _quality(rows: list[Row]) -> list[str]:
    plain = [row for row in rows if not row.get("fault")]
    if not plain:
        return []
    stacks = len({(row["kind"], row["seed"]) for row in plain})
    parts = ["## Quality", STACKS.format(stacks=stacks)]
    for noise in ("low", "high"):
        chosen = [row for row in plain if row["noise"] == noise]
        parts += [f"### {noise.capitalize()} noise: PSNR per kind, and the rest", _psnr(chosen)]
    parts += ["### Depth per kind: MAE / within one plane", *_depth(plain)]
    parts += ["### Confidence", _confidence(plain)]
    return parts


def _psnr(rows: list[Row]) -> str:
    header = ["tool", *KINDS, "mean", "SSIM", "MAE", "within 1", "AUROC", "cpu s", "MB"]
    ranked = []
    for tool in tables.tools_of(rows):
        mine = tables.of_tool(rows, tool)
        cells = [
            number(tables.mean(tables.of_tool(mine, tool, kind=kind), "psnr")) for kind in KINDS
        ]
        rest = [
            f"**{number(tables.mean(mine, 'psnr'))}**",
            number(tables.mean(mine, "ssim"), 3),
            number(tables.mean(mine, "depth_error")),
            number(tables.mean(mine, "within_one"), 3),
            number(tables.mean(mine, "auroc")),
            number(tables.mean(mine, "cpu")),
            number(tables.mean(mine, "peak"), 0),
        ]
        ranked.append((tables.mean(mine, "psnr"), [_name(tool), *cells, *rest]))
    ranked.sort(key=lambda pair: -pair[0])
    return markdown(header, [line for _, line in ranked])


def _depth(rows: list[Row]) -> list[str]:
    parts = []
    for noise in ("low", "high"):
        chosen = [row for row in rows if row["noise"] == noise]
        lines = []
        for tool in tables.tools_of(chosen):
            mine = tables.of_tool(chosen, tool)
            if not any("depth_error" in row for row in mine) or tool == "true depth":
                continue
            lines.append([_name(tool), *[_depth_cell(mine, kind) for kind in KINDS]])
        parts.append(markdown([f"{noise} noise", *KINDS], lines))
    return parts


def _depth_cell(rows: list[Row], kind: str) -> str:
    chosen = [row for row in rows if row["kind"] == kind]
    error, within = tables.mean(chosen, "depth_error"), tables.mean(chosen, "within_one")
    if math.isnan(error):
        return "–"
    return f"{number(error)} / {number(100 * within, 0)} %"


def _confidence(rows: list[Row]) -> str:
    bins = [f"{low / 5:.1f} to {low / 5 + 0.2:.1f}" for low in range(5)]
    lines = []
    for noise in ("low", "high"):
        for tool in methods.names():
            mine = [row for row in tables.of_tool(rows, tool, noise=noise) if "pixels" in row]
            if mine:
                pixels, right = tables.pooled(mine, "pixels"), tables.pooled(mine, "right")
                shares = tables.shares(right, pixels, 5)
                each = number(tables.mean(mine, "auroc"))
                whole = number(tables.area(right, pixels - right))
                cells = [number(share) for share in shares]
                lines.append([f"{_name(tool)}, {noise} noise", *cells, each, whole])
    header = ["method", *bins, "AUROC, mean of stacks", "AUROC, all pixels"]
    return CONFIDENCE + "\n\n" + markdown(header, lines)


def _faults(rows: list[Row]) -> list[str]:
    faults = list(dict.fromkeys(row["fault"] for row in rows if row.get("fault")))
    if not faults:
        return []
    header = ["tool", *[f"{fault}{part}" for fault in faults for part in (", mean", ", worst")]]
    lines = []
    for tool in tables.tools_of(rows):
        cells: list[str] = []
        for fault in faults:
            losses = ahead.losses(rows, tool, fault)
            worst = max(losses) if losses else None
            average = sum(losses) / len(losses) if losses else None
            cells += [number(average), number(worst)]
        if any(cell != "–" for cell in cells):
            lines.append([_name(tool), *cells])
    return ["## Faults", FAULTS, markdown(header, lines)]


def _speed() -> list[str]:
    kept = keep.load("speed")
    if not kept:
        return []
    taken = tables.speeds(kept["runs"])
    unit = taken.get(methods.DEFAULT)
    header = ["tool", "wall s", "cpu s", "MB", "wall, times adaptive", "cpu, times adaptive"]
    lines = []
    for tool, costs in sorted(taken.items(), key=lambda pair: pair[1]["cpu"]):
        ratios = [number(costs[k] / unit[k]) if unit else "–" for k in ("wall", "cpu")]
        cells = [number(costs["wall"]), number(costs["cpu"]), number(costs["peak"], 0), *ratios]
        lines.append([_name(tool), *cells, number(costs["psnr"]), str(costs["rounds"])])
    parts = ["## Speed", SPEED.format(planes=20), markdown([*header, "PSNR", "rounds"], lines)]
    if "note" in kept:  # on runs that were put together
        parts.insert(2, kept["note"])
    if kept.get("memory"):
        counts = list(next(iter(kept["memory"].values())))
        rest = [[_name(t), *[_memory(c.get(n)) for n in counts]] for t, c in kept["memory"].items()]
        parts += [MEMORY, markdown(["tool", *[f"{n} planes" for n in counts]], rest)]
    return parts


def _memory(cell: Row | None) -> str:
    return f"{cell['peak']} ({cell['cpu']:.2f})" if cell else "–"


def _imports() -> list[str]:
    kept = keep.load("imports")
    if not kept:
        return []
    came = ", ".join(kept["heavy"]) or "none of torch, Qt, napari, dask, scipy, skimage"
    lines = [
        ["empty Python process", number(kept["empty"], 3)],
        ["`import napari_mfif`, beyond that", number(kept["import_alone"], 3)],
        ["`napari-mfif --help`, whole process", number(kept["help"], 3)],
    ]
    return ["## Imports", markdown(["", "s"], lines), f"Comes along with the import: {came}."]


def _window() -> list[str]:
    kept = keep.load("window")
    if not kept:
        return []
    if "missing" in kept:
        return ["## Window", f"Not measured: {kept['missing']}."]
    header = ["method", "our own code, ms", "napari's layers, ms", "whole turn, ms", "fusion, s"]
    lines = [
        [
            f"{_name(run['method'])}, {run['run']}",
            *[number(run.get(key), 0) for key in ("own_ms", "napari_ms", "turn_ms")],
            number(run.get("seconds"), 1),
        ]
        for run in kept["runs"]
    ]
    return ["## Window", WINDOW, markdown(header, lines)]


def _rivals(rows: list[Row]) -> list[str]:
    kept = keep.load("rivals")
    if not kept:
        return []
    versions = kept["versions"]
    used = [[r.name, versions[r.name], r.options] for r in RIVALS if r.name in versions]
    failed = {r["tool"]: f"failed: {r['failed']}" for r in rows if "failed" in r}
    left = [f"- {name}: {why}." for name, why in (kept["missing"] | failed | LEFT_OUT).items()]
    table = markdown(["rival", "version", "how it was called"], used)
    return ["## Rivals", table, "Left out:", "\n".join(left)]
