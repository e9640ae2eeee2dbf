"""Write docs/parameters.md from the declarations of the methods.

usage: python docs/make_parameters.py
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from napari_mfif import methods
from napari_mfif.methods.base import COMPOSING, COMPUTING, PREPARATION
from napari_mfif.settings.consistency import CONSISTENCY, PAIR, STACK
from napari_mfif.settings.options import HEIGHTS
from napari_mfif.settings.parameters import Parameter
from napari_mfif.training.switches import SWITCHES

PAGE = Path(__file__).with_name("parameters.md")


def table(parameters: Iterable[Parameter]) -> list[str]:
    """Return the rows of a Markdown table."""
    rows = ["| name | default | may be | what it does |", "|---|---|---|---|"]
    for p in parameters:
        rows.append(f"| `{p.name}` | {p.default} | {p.range_text} | {p.help} |")
    return [*rows, ""]


def page() -> str:
    """Return the whole page."""
    lines = [
        "# Parameters",
        "",
        "Made by `python docs/make_parameters.py` from the declarations in the code. In Python",
        "they are keywords of `fuse`, on the command line `--set name=value`, in napari fields of",
        "the panel.",
        "",
    ]
    for name in methods.names():
        method = methods.get(name)
        lines += [f"## {name}: {method.title}", "", method.summary, ""]
        lines += table(method.parameters) if method.parameters else []
        lines += [
            f"Planes are compared: {' or '.join(method.along)}. Source: {method.reference}.",
            "",
        ]
    lines += ["## Of every method", "", *table((*PREPARATION, *COMPOSING))]
    lines += ["## Of every method with a network", "", *table(COMPUTING)]
    lines += [
        "## Heights that are not known",
        "",
        "Keywords of `fuse` and `fusion.refine`; `--unsure` and `--min-confidence` on the command",
        "line; *Refine* in napari. Image, decision and confidence stay the same.",
        "",
        *table(HEIGHTS),
    ]
    lines += [
        "## Consistency verification",
        "",
        'Given as `consistency={"name": value}` or `fusion.refine(name=value)` in Python.',
        "",
        *table(CONSISTENCY),
    ]
    others = "More planes, unless the method says otherwise,"
    for profile, planes in ((PAIR, "Two planes"), (STACK, others)):
        changed = [
            f"`{p.name}={profile[p.name]}`" for p in CONSISTENCY if profile[p.name] != p.default
        ]
        lines.append(f"{planes} start from {', '.join(changed) or 'these defaults'}.")
        lines.append("")
    lines += [
        "## Switches of trainings",
        "",
        "Given to `napari-mfif train` as `--set name=value`, see [training](training.md). By",
        "default they are as the shipped weights were trained.",
        "",
    ]
    for name, switches in SWITCHES.items():
        lines += [f"### Training {name}", "", *table(switches)]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
