"""Write docs/metrics.md from the declarations of the measures.

usage: python docs/make_metrics.py
"""

from __future__ import annotations

from pathlib import Path

from napari_mfif.metrics.declare import Measure
from napari_mfif.metrics.registry import MEASURES, USUAL

PAGE = Path(__file__).with_name("metrics.md")

HEAD = """# Measures

Made by `python docs/make_metrics.py` from the declarations in the code. In Python they are
functions in `napari_mfif.metrics`, and `metrics.evaluate` computes all that the given images
allow; on the command line:

    napari-mfif evaluate fused.tif --sources a.png b.png
    napari-mfif evaluate fused/ --sources "pairs/{name}-A.png" "pairs/{name}-B.png" --csv
    napari-mfif evaluate fused.tif --sources stack.tif --truth sharp.tif
    napari-mfif evaluate --depth depth.tif --true-depth truth.tif --confidence confidence.tif

## What to believe

A known truth decides: simulated stacks have one (`napari-mfif simulate`). Without a truth, look at
Q_ABF or Q_G, Q_E, Q_CB and VIFF together; all of them put the wrong choice everywhere far below the
right one. The information measures (MI, NMI, NCIE, TE) and Q_Y do not: a source that is handed back
unchanged beats every real fusion in them. SF and its kin rise with noise and sharpening: read SF
beside Q_SF only. Compare lossless files: JPEG costs more than lies between good methods.
What is said of noise, sharpening, shifts and JPEG below is measured by
`python -m benchmarks.fooled` (three pairs of Lytro).

## How the images are taken

Measures of sources take grey images of 8 bits, in whole numbers. Colour becomes grey by 0.299 R +
0.587 G + 0.114 B. Of sources with other than 8 bits `evaluate` makes the lowest value of all 0 and
the highest 255, cuts what the fused image has beyond, and rounds; scores of 16-bit images compare
only with scores of the same sources. A truth is compared as it is, in its own units.
"""

FAMILIES = {
    "fused, truth": "Fused image and truth",
    "depth, true depth": "Depth and truth",
    "confidence, right": "Confidence",
    "sources, fused": "Fused image and sources",
    "fused": "Fused image alone",
}


def section(about: Measure) -> list[str]:
    """Return the paragraphs about one measure."""
    usual = " Reported unless others are asked for." if about.name in USUAL else ""
    better = "no direction" if about.better == "neither" else f"{about.better} is better"
    lines = [
        f"### {about.name}",
        "",
        f"{about.summary} In Python `metrics.{about.function.__name__}`.{usual}",
        "",
        f"- Range: {about.span}; {better}.",
        f"- Formula: {text(about.formula)}",
        f"- What fools it: {text(about.fooled)}",
    ]
    lines += [f"- More than two sources: {text(about.several)}"] if about.several else []
    lines += [f"- Source: {text(about.reference)}"] if about.reference else []
    return [*lines, ""]


def text(words: str) -> str:
    """Keep signs of a formula from being taken for marks of Markdown."""
    return words.translate({ord(sign): f"\\{sign}" for sign in "*_<>|"})


def overview() -> list[str]:
    """Return a table of all measures."""
    rows = [
        "## All of them",
        "",
        "| measure | in plain words | compares | better | range |",
        "|---|---|---|---|---|",
    ]
    for name, about in MEASURES.items():
        shown = f"**{name}**" if name in USUAL else name
        rows.append(f"| {shown} | {about.plain} | {about.needs} | {about.better} | {about.span} |")
    return [*rows, "", "Bold: reported unless others are asked for (`--measures`).", ""]


def page() -> str:
    """Return the whole page."""
    lines = [HEAD, *overview()]
    for needs, title in FAMILIES.items():
        lines += [f"## {title}", ""]
        for about in MEASURES.values():
            if about.needs == needs:
                lines += section(about)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
