"""The section on Lytro of the page ``docs/reproduction.md``, and each method beside its paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks import published, reproduce_lytro, reproduce_pictures, reproduce_ranks
from benchmarks.tables import in_order, markdown, number, titled
from napari_mfif import methods
from napari_mfif.training.card import wrapped

__all__ = ["beside_paper", "section"]

Results = dict[str, Any]

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

PAPER = """\
What the paper prints of its own method ({table}; {data}), and what ours scores on Lytro by the
same measure, lossless and saved as JPEG {quality}{files}. {verdict}"""

RANKED = """\
**How often, and whether by luck.** On how many of the {pairs} pairs each method beats all others
(lossless), as CNN and boundary-aware count it, and the mean ranks of all of them with the
critical difference of Nemenyi's test at .05 (Demsar 2006), as FD-FCN draws them: from the dot on
as far as its line reaches, {pairs} pairs do not tell a method from those below it."""


def section(rows: Results) -> Iterable[str]:
    """Yield the parts of the section."""
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
    yield from _ranked(rows)
    yield "## Each method beside its paper"
    for name, paper in published.PAPERS.items():
        if name in rows and _lacking(rows[name], paper) == []:
            yield f"### {name}"
            yield from _paper(rows, name, paper)


def beside_paper(rows: Results, name: str) -> list[str]:
    """Return what the paper prints, and in brackets what ours scores on Lytro, in words."""
    paper = published.PAPERS[name]
    row = rows.get(name)
    if not row or _lacking(row, paper):
        return []
    told = []
    for measure, printed in paper["printed"].items():
        own, saved = (_own(row[kind], measure) for kind in ("lossless", "jpeg"))
        title = paper.get("names", {}).get(measure, measure)
        told.append(f"{title} {_figure(printed)} ({_figure(own)} | {_figure(saved)})")
    table = paper["table"].partition(" (")[0]
    return [
        f"printed ({table}, {paper['pairs']}), in brackets ours on Lytro, lossless | as JPEG: "
        f"{', '.join(told)}"
    ]


def _lacking(row: Results, paper: Results) -> list[str]:
    wanted = (measure.removesuffix("_root") for measure in paper["printed"])
    return [name for name in wanted if name not in row["lossless"] or "jpeg" not in row]


def _paper(rows: Results, name: str, paper: Results) -> Iterable[str]:
    files = published.FILES.get(paper.get("files", ""))
    cnn_files = published.FILES["CNN (MFIFB's run)"]
    said = f"; beside, the files of {files['title']} by our measures" if files else ""
    quality = reproduce_lytro.QUALITY
    yield wrapped(PAPER.format(**paper | {"quality": quality, "files": said})).rstrip()
    header = ["measure", "printed"]
    header += ["its files"] if files else []
    header += ["ours", "ours, JPEG"]
    header += ["printed of CNN", "files of CNN"] if "cnn" in paper else []
    header += [f"pairs won of {paper['wins_of']}"] if "wins" in paper else []
    lines = []
    for measure, printed in paper["printed"].items():
        cells = [paper.get("names", {}).get(measure, measure), _figure(printed)]
        cells += [_figure(_own(files["scores"], measure))] if files else []
        cells += [_figure(_own(rows[name][kind], measure)) for kind in ("lossless", "jpeg")]
        if "cnn" in paper:
            cells += [_figure(paper["cnn"][measure]), _figure(_own(cnn_files["scores"], measure))]
        cells += [str(paper["wins"][measure])] if "wins" in paper else []
        lines.append(cells)
    yield markdown(header, lines)
    yield from _variants(rows, name, paper)


def _variants(rows: Results, name: str, paper: Results) -> Iterable[str]:
    """Yield what the paper compares of its own method, beside ours."""
    measures = list(paper["printed"])
    lines = []
    for title, printed in paper.get("others", {}).items():
        lines.append([f"printed, {title}", *(_figure(printed[m]) for m in measures)])
        own = rows.get(paper.get("ours", {}).get(title, ""))
        if own:
            lines.append([f"ours, {title}", *(_figure(_own(own["lossless"], m)) for m in measures)])
    if lines:
        whole = [_figure(paper["printed"][m]) for m in measures]
        own = [_figure(_own(rows[name]["lossless"], m)) for m in measures]
        first = [["printed, as proposed", *whole], ["ours, as by default", *own]]
        yield markdown(["", *measures], [*first, *lines])


def _own(scores: Results, measure: str) -> float | None:
    """Return a score; of a measure that a paper takes the root of, its root."""
    value = scores.get(measure.removesuffix("_root"))
    return value if value is None or not measure.endswith("_root") else float(value) ** 0.5


def _figure(value: float | None) -> str:
    if value is None:
        return number(None)
    return _four(value) if abs(value) < 5 else number(value, 2)


def _ranked(rows: Results) -> Iterable[str]:
    names = [name for name in methods.names() if "each" in rows.get(name, {})]
    if len(names) < 3:
        return
    yield RANKED.format(pairs=rows[names[0]]["pairs"])
    scores = {m: reproduce_ranks.scores_of(rows, names, m) for m in published.MEASURES}
    won = np.stack([reproduce_ranks.wins(scores[m]) for m in published.MEASURES], axis=1)
    lines = [[f"`{n}`", *map(str, some)] for n, some in zip(names, won.tolist(), strict=True)]
    yield markdown(["pairs won", *published.MEASURES], lines)
    reproduce_ranks.draw(rows, names, reproduce_pictures.FOLDER)
    yield f"![Mean ranks and critical differences](pictures/{reproduce_ranks.PICTURE})"


def _lytro_lines(rows: Results) -> Iterable[list[str]]:
    for name in ("average", *in_order(rows)):
        if name not in rows:
            continue
        cells = [_four(rows[name]["lossless"][measure]) for measure in published.MEASURES]
        yield [titled(name), *cells, number(rows[name].get("cpu_s_per_pair"))]


def _fooled_lines(rows: Results) -> Iterable[list[str]]:
    for name in (*reproduce_lytro.BASELINES, "gradient", "cnn"):
        if name in rows:
            means = rows[name]["lossless"]
            words = reproduce_lytro.BASELINES.get(name)
            title = f"{name}: {words}" if words else titled(name)
            cells = [_four(means[m]) for m in ("NMI", "Q_Y", *published.MEASURES)]
            yield [title, *cells]


def _file_lines(rows: Results) -> Iterable[list[str]]:
    for kind, saved in (("lossless", "lossless"), ("jpeg", f"JPEG {reproduce_lytro.QUALITY}")):
        for title, file in published.FILES.items():
            if file["saved"] == saved:
                yield [title, saved, *(_four(file["scores"][m]) for m in published.MEASURES)]
        for name in in_order(rows):
            if name in published.CAUSES or name == "gradient":
                means = rows[name][kind]
                yield [titled(name), saved, *(_four(means[m]) for m in published.MEASURES)]


def _four(value: float) -> str:
    return number(value, 4).replace("0.", ".", 1) if abs(value) < 1 else number(value, 4)
