"""The page ``docs/reproduction.md``, made from the kept numbers alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks import published, reproduce_lytro, reproduce_pictures
from benchmarks.reproduce_scenes import NOISES, SEEDS
from benchmarks.tables import markdown, number
from napari_mfif import methods
from napari_mfif.simulation import KINDS

__all__ = ["PAGE", "write"]

PAGE = Path(__file__).parents[1] / "docs" / "reproduction.md"

Results = dict[str, Any]

INTRODUCTION = """\
The five published methods as this project has them, with the weights it ships, beside the figures
that were published, and beside what one line of code gives. All of it is made by `make reproduce`
(some minutes; `python -m benchmarks.reproduce --help` for parts of it); numbers are kept in
`benchmarks/results/reproduction.json`. No setting was chosen on these scenes. On
Lytro, the recipe of `fd-fcn` was changed after a first training failed there, and one training of
`cnn` was taken out of three after a look at its means: their cards say so. Nothing of Lytro is in
this repository."""

LYTRO = """\
Means of the {pairs} pairs of Nejati et al. 2015 (520 x 520), turned grey with ITU-R 601 weights in
whole numbers, fused by `fuse(pair, method=...)` with its defaults, rounded to 8 bit, scored without
saving and without cutting the border off. Larger is better everywhere.
*CPU s* is per pair, one thread.

**Lytro barely separates methods.** The twelve best published sets lie within .011 in Q_ABF, .010 in
Q_CB and .005 in Q_E, and plain `gradient`, an argmax of the smoothed gradient with the same
verification, would be among them. To save a result as JPEG costs more than what lies between
any two good methods. There is no ground truth: what these measures reward is likeness to the
planes. So this table can tell that a method is not broken; which is better, the scenes of known
truth below decide."""

FOOLED = """\
How the measures can be fooled, on the same pairs. *NMI* and *Q_Y* reward copying, of whatever:
the first plane alone, or the blurred plane everywhere, score as well as a fusion or
better. Q_E tells them best. VIFF rewards what sharpens or raises the contrast (a method of MFIFB
that distorts brightness has 1.03), and a network that makes pixels up loses Q_CB and Q_ABF by
grey values that are off by a little, not by missing what is in focus."""

FILES = """\
Fused images that others published, scored in the same way, and ours on their footing. Most were
saved as JPEG, so ours are shown saved as (grey) JPEG of quality 75 too. Compare lossless with
lossless only, and JPEG with JPEG."""

PAPERS = """\
What the papers print, and why it cannot be laid beside the tables above."""

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
        *_lytro(results.get("lytro", {})),
        *_pairs(results.get("pairs", {})),
        *_stacks(results.get("stacks", {})),
        *_pictures(),
    ]
    PAGE.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _machine(results: Results) -> str:
    if "machine" not in results:
        return ""
    found = results["machine"]
    weights = ", ".join(f"`{name}` {sha}" for name, sha in results.get("weights", {}).items())
    return (
        f"Made on {results['made']}: {found['system']}, {found['cores']} cores of "
        f"{found['processor']}, Python {found['python']}. Weights (sha256): {weights}."
    )


def _short(results: Results) -> str:
    """Say of every network how it stands beside its paper, and what costs it most."""
    lines = []
    for name, cause in published.CAUSES.items():
        words = [*_beside_files(results, name), *_beside_cnn(results, name)]
        words += _gain_in_words(results, name)
        if words:
            lines.append(f"- `{name}`: {'; '.join(words)}. {cause}")
    return "\n".join(lines)


def _beside_files(results: Results, name: str) -> list[str]:
    """Lay Lytro, saved as the published files are, beside those of the same method."""
    row = results.get("lytro", {}).get(name)
    if not row:
        return []
    same = published.SAME.get(name)
    if same is None:
        return ["no fused images of it were published for Lytro"]
    theirs = next(means for title, _, means in published.FILES if title == same)
    pairs = zip(published.MEASURES, theirs, strict=True)
    told = [f"{measure} {_four(row['jpeg'][measure])} ({_four(one)})" for measure, one in pairs]
    return [f"Lytro saved as JPEG 75, in brackets the files of {same}: {', '.join(told)}"]


def _beside_cnn(results: Results, name: str) -> list[str]:
    words = []
    for label, rows in results.get("pairs", {}).items():
        if name != "cnn" and name in rows and "cnn" in rows:
            own, other = rows[name]["wrong"], rows["cnn"]["wrong"]
            words.append(
                f"near outlines ({_SETS[label]}) {100 * own:.1f} % wrong, `cnn` {100 * other:.1f} %"
            )
    return words


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


def _lytro(rows: Results) -> Iterable[str]:
    yield "## Lytro"
    if "gradient" not in rows:
        yield "The pairs were not at hand when this page was made: `--lytro FOLDER` adds them."
        return
    yield LYTRO.format(pairs=rows["gradient"]["pairs"])
    yield markdown(["", *published.MEASURES, "CPU s"], list(_lytro_lines(rows)))
    yield FOOLED
    yield markdown(["", "NMI", "Q_Y", *published.MEASURES], list(_fooled_lines(rows)))
    yield FILES
    yield markdown(["", "saved", *published.MEASURES], list(_file_lines(rows)))
    yield PAPERS
    lines = [[f"`{name}`", what, why] for name, (what, why) in published.PAPERS.items()]
    yield markdown(["method", "printed", "conditions"], lines).replace("---:", "---")


def _lytro_lines(rows: Results) -> Iterable[list[str]]:
    for name in ("average", *_order(rows)):
        if name not in rows:
            continue
        cells = [_four(rows[name]["lossless"][measure]) for measure in published.MEASURES]
        yield [_titled(name), *cells, number(rows[name].get("cpu_s_per_pair"))]


def _fooled_lines(rows: Results) -> Iterable[list[str]]:
    for name in (*reproduce_lytro.BASELINES, "gradient", "cnn"):
        if name in rows:
            means = rows[name]["lossless"]
            words = reproduce_lytro.BASELINES.get(name)
            title = f"{name}: {words}" if words else _titled(name)
            cells = [_four(means[m]) for m in ("NMI", "Q_Y", *published.MEASURES)]
            yield [title, *cells]


def _file_lines(rows: Results) -> Iterable[list[str]]:
    for kind, saved in (("lossless", "lossless"), ("jpeg", "JPEG 75")):
        for title, how, means in published.FILES:
            if how == saved:
                yield [title, saved, *map(_four, means)]
        for name in _order(rows):
            if name in rows and (name in published.CAUSES or name == "gradient"):
                means = rows[name][kind]
                yield [_titled(name), saved, *(_four(means[m]) for m in published.MEASURES)]


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
    for name in _order(sets[labels[0]] if labels else {}):
        cells = []
        for label in labels:
            cells += _pair_cells(sets[label].get(name), sets[label].get("cnn"), name)
        lines.append([_titled(name), *cells])
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
    rows = kept["baselines"] | {name: kept[name] for name in _order(kept) if name in kept}
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
            lines.append([_titled(name), *cells, "", ""])
            continue
        some = [row for row in rows[name] if row["noise"] == noise]
        least = _least_gain(some, baselines)
        depths = [row["within_one"] for row in some if row.get("within_one") is not None]
        lines.append([_titled(name), *cells, f"{least:+.2f}", f"{100 * fmean(depths):.0f} %"])
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


def _order(rows: Results) -> list[str]:
    """Return the methods in their order, each followed by its other weights."""
    return [
        key for name in methods.names() for key in sorted(rows) if key.partition(",")[0] == name
    ]


def _titled(name: str) -> str:
    method, comma, rest = name.partition(",")
    return f"`{method}`{comma}{rest}" if method in methods.names() else name


def _four(value: float) -> str:
    return number(value, 4).removeprefix("0")
