"""The page ``docs/reproduction.md``, made from the kept numbers alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import ablations, keep, published, reproduce_pictures
from benchmarks import reproduce_page_lytro as lytro
from benchmarks import reproduce_page_papers as papers
from benchmarks.reproduce_lytro import VARIANTS
from benchmarks.reproduce_scenes import NOISES, SEEDS
from benchmarks.tables import in_order, markdown, number, titled
from napari_mfif.simulation import KINDS

__all__ = ["PAGE", "write"]

PAGE = Path(__file__).parents[1] / "docs" / "reproduction.md"

Results = dict[str, Any]

INTRODUCTION = """\
The five published methods as this project has them, with the weights it ships, beside the figures
that were published, and beside what one line of code gives. All of it, pictures too, is made by
`make reproduce`, here in one go: 17 minutes of the processor, 56 of the clock on two cores that
did much other work (`python -m benchmarks.reproduce --help` for parts of it; a run that was stopped
goes on with `--missing`); only the table of small trainings is made by
`python -m benchmarks.ablations`.
Rows named *microscopy* are of the weights for z-stacks, on pairs where those for photographs are
the default; rows named *published* are of those, on z-stacks where the others are.
Numbers are kept in `benchmarks/results`, what the papers print in `benchmarks/papers.toml`. No
setting was chosen on these scenes. On Lytro, the recipe of `fd-fcn` was changed after a first
training failed there, and one training of `cnn` was taken out of three after a look at its means:
their cards say so. Nothing of Lytro is in this repository."""

PAIRS = """\
Two planes of one scene with an object before a background, defocused so that it spreads over its
outline: the case that `boundary-aware` and `mfif-gan` were made for. *Simulated*: two planes of
`napari_mfif.simulation` (occlusion, steps, halo; 8 seeds each, low noise). *Photographs*:
{photographs}.
*Near outlines* is the share of pixels within 8 pixels of an outline that come from the wrong plane;
*right* the share of right ones everywhere; PSNR against the scene as it would be sharp.
**Bold**: better than `cnn`."""

STACKS = """\
{count} z-stacks of `napari_mfif.simulation`, 12 planes of 128 x 128, seeds {seeds} (never used for
tuning), PSNR in dB against the noise-free sharp scene. *Best single plane* is chosen by the truth.
*Least gain*: by how much the method beats the better of max projection and best single plane in the
stack where it does so by least. *Depth*: share within one plane of the truth where texture tells
it. **Bold**: the best of the column. At high noise a method that copies pixels copies their noise,
as much as any single plane has, so that it can hardly beat the best one; those that blend planes
(`adaptive`, `guided`, `ufa-fuse`, networks with weights for z-stacks) can, and so does the plain
average. *Published*: with the weights for photographs, whose pixels are copied."""

PICTURES = """\
Simulated scenes (drawn, no photographs): what each method thinks. The score of a method for pairs
is how much sharper it finds a plane than the plane's own blur. The difference map is ten times the
absolute difference: dark where pixels are those of the plane."""


def write(results: Results) -> None:
    """Write the page."""
    parts = [
        "# Reproduction",
        INTRODUCTION,
        _machine(results),
        "## In short",
        _short(results),
        *lytro.section(results.get("lytro", {})),
        *papers.section(results, keep.load(ablations.NAME)),
        *_pairs(results.get("pairs", {})),
        *_stacks(results.get("stacks", {})),
        *_pictures(),
    ]
    PAGE.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _machine(results: Results) -> str:
    if "machine" not in results:
        return ""
    found = results["machine"]
    weights = ", ".join(f"`{name}` {mark}" for name, mark in results.get("weights", {}).items())
    return (
        f"Made on {results['made']}: {found['system']}, {found['cores']} cores of "
        f"{found['processor']}, Python {found['python']}. Weights (fingerprints): {weights}."
    )


def _short(results: Results) -> str:
    """Say of every network how it stands beside its paper, and what costs it most."""
    lines = []
    for name, cause in published.CAUSES.items():
        words = [*lytro.beside_paper(results.get("lytro", {}), name), *_beside_cnn(results, name)]
        words += _gain_in_words(results, name)
        if words:
            lines.append(f"- `{name}`: {'; '.join(words)}. {cause}")
    return "\n".join(lines)


def _beside_cnn(results: Results, name: str) -> list[str]:
    words = []
    for label, rows in results.get("pairs", {}).items():
        if name != "cnn" and name in rows and "cnn" in rows:
            others = [*(v for v in VARIANTS if v.partition(",")[0] == name and v in rows), "cnn"]
            told = ", ".join(f"{titled(one)} {_wrong(rows[one])}" for one in others)
            words.append(f"near outlines ({_SETS[label]}) {_wrong(rows[name])} wrong, {told}")
    return words


def _wrong(row: Results) -> str:
    return f"{100 * row['wrong']:.1f} %"


def _gain_in_words(results: Results, name: str) -> list[str]:
    kept = results.get("stacks", {})
    if name not in kept or "baselines" not in kept:
        return []
    least = _least_gain(kept[name], kept["baselines"])
    if least >= 0:
        return [f"on every z-stack at least {least:.1f} dB above the best single plane"]
    below = [
        row["noise"]
        for row, gain in zip(kept[name], _gains(kept[name], kept["baselines"]), strict=True)
        if gain < 0
    ]
    dark = below.count("high")
    return [
        f"on {len(below)} of {len(kept[name])} z-stacks below the best single plane, {dark} of "
        "them at high noise"
    ]


_SETS = {"optics": "simulated", "photographs": "photographs"}


def _pairs(sets: Results) -> Iterable[str]:
    yield "## Pairs with occlusion"
    photographs = (
        "drawn objects of held-back sharp pictures before others, 40 pairs"
        if "photographs" in sets
        else "left out, the pictures were not at hand"
    )
    yield PAIRS.format(photographs=photographs)
    labels = [label for label in _SETS if label in sets]
    header = [""]
    for label in labels:
        header += [f"{_SETS[label]}: near outlines", "right", "PSNR"]
    lines = []
    for name in in_order(sets[labels[0]] if labels else {}):
        cells = []
        for label in labels:
            cells += _pair_cells(sets[label].get(name), sets[label].get("cnn"), name)
        lines.append([titled(name), *cells])
    yield markdown(header, lines)


def _pair_cells(row: Results | None, other: Results | None, name: str) -> list[str]:
    if row is None:
        return ["–"] * 3
    wrong = f"{100 * row['wrong']:.1f} %"
    if other and name != "cnn" and row["wrong"] < other["wrong"]:
        wrong = f"**{wrong}**"
    return [wrong, f"{100 * row['right']:.1f} %", number(row["psnr"])]


def _stacks(kept: Results) -> Iterable[str]:
    yield "## Simulated z-stacks"
    if "baselines" not in kept:
        return
    rows = kept["baselines"] | {name: kept[name] for name in in_order(kept) if name in kept}
    first = next(iter(rows.values()))
    yield STACKS.format(count=len(first), seeds=" and ".join(map(str, SEEDS)))
    for noise in NOISES:
        yield f"### {noise.capitalize()} noise"
        yield _stack_table(rows, kept["baselines"], noise)


def _stack_table(rows: Results, baselines: Results, noise: str) -> str:
    header = ["", *KINDS, "mean", "least gain", "depth"]
    means = {name: _means(listed, noise) for name, listed in rows.items()}
    best = [max(column) for column in zip(*means.values(), strict=True)]
    lines = []
    for name, values in means.items():
        cells = [
            f"**{number(value)}**" if value == top else number(value)
            for value, top in zip(values, best, strict=True)
        ]
        if name in baselines:
            lines.append([titled(name), *cells, "", ""])
            continue
        some = [row for row in rows[name] if row["noise"] == noise]
        least = _least_gain(some, baselines)
        depths = [row["within_one"] for row in some if row.get("within_one") is not None]
        lines.append([titled(name), *cells, f"{least:+.2f}", f"{100 * fmean(depths):.0f} %"])
    return markdown(header, lines)


def _means(rows: list[Results], noise: str) -> list[float]:
    """Return the PSNR of every kind, and their mean."""
    kinds = [
        fmean(row["psnr"] for row in rows if row["noise"] == noise and row["kind"] == kind)
        for kind in KINDS
    ]
    return [*kinds, fmean(kinds)]


def _gains(rows: list[Results], baselines: Results) -> list[float]:
    """Return by how much every stack's PSNR lies above the better of the two simple ways."""
    simple: dict[tuple[Any, ...], float] = {}
    for name in ("max projection", "best single plane"):
        for row in baselines[name]:
            simple[_scene(row)] = max(row["psnr"], simple.get(_scene(row), row["psnr"]))
    return [row["psnr"] - simple[_scene(row)] for row in rows]


def _least_gain(rows: list[Results], baselines: Results) -> float:
    return min(_gains(rows, baselines))


def _scene(row: Results) -> tuple[Any, ...]:
    return row["kind"], row["noise"], row["seed"]


def _pictures() -> Iterable[str]:
    shown = [
        (name, words)
        for name, words in (
            (reproduce_pictures.PAIR, "Every method on a pair of planes"),
            (reproduce_pictures.STACK, "Every method on a z-stack of 12 planes"),
        )
        if (reproduce_pictures.FOLDER / name).exists()
    ]
    if shown:
        yield "## Pictures"
        yield PICTURES
        for name, words in shown:
            yield f"{words}:\n\n![{words}](pictures/{name})"
