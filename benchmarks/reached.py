"""``python -m benchmarks.reached [ROW...] [--keep-time]``: docs/reached.md, what networks reach.

z-stacks and time are measured here, of the methods that are named, or of one set of weights as in
"fd-fcn, published" (those of others are kept, in ``benchmarks/results/reached.json``); with
--keep-time z-stacks alone. Outlines and Lytro come from ``benchmarks.reproduce``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks import keep
from benchmarks.reproduce_lytro import how
from benchmarks.tables import in_order, markdown, titled
from napari_mfif import fuse, methods
from napari_mfif.metrics.truth import psnr, share_within
from napari_mfif.networks.weights import MICROSCOPY
from napari_mfif.simulation import KINDS, simulate

NAME = "reached"
PAGE = Path(__file__).parents[1] / "docs" / "reached.md"
#: Two seeds of the reproduction page, two that nothing else uses.
SEEDS = (100, 101, 9100, 9101)
NOISES = ("low", "high")
SHAPE, PLANES = (128, 128), 12
#: Of the stack that is timed.
LARGE, MANY = (1024, 1024), 20
BASE = "gradient"
#: Aims on Lytro: what the authors' own files score, saved as JPEG 75 in grey.
FILES = {
    "cnn": {"Q_G": 0.7079, "Q_ABF": 0.7520, "Q_CB": 0.7999, "Q_E": 0.8944, "VIFF": 0.9423},
    "mfif-gan": {"Q_G": 0.7108, "Q_ABF": 0.7529, "Q_CB": 0.8006, "Q_E": 0.8951, "VIFF": 0.9448},
}
#: Aims near outlines, share of wrong pixels: photographs, simulated scenes.
OUTLINES = {"cnn": (0.18, 0.17), "ufa-fuse": (0.15, 0.16)}
OTHERS = (0.11, 0.13)

Results = dict[str, Any]
#: Values by kind of stack.
Of = Mapping[str, float]
Compared = Callable[[Of, Of], float]


def _gain(own: Of, base: Of) -> float:
    return fmean(own.values()) - fmean(base.values())


def _worst(own: Of, base: Of) -> float:
    return min(own[kind] - base[kind] for kind in KINDS)


#: Columns of the table of z-stacks: noise, what, how it is compared, the least that is aimed at.
COLUMNS: dict[str, tuple[str, str, Compared, float]] = {
    "low noise: copied": ("low", "copied", _gain, 0.4),
    "worst kind": ("low", "copied", _worst, -0.7),
    "as made": ("low", "made", _gain, 2.0),
    "depth": ("low", "depth", _gain, 0.0),
    "high noise: copied": ("high", "copied", _gain, -np.inf),
    "as made, high": ("high", "made", _gain, 6.0),
    "depth, high": ("high", "depth", _gain, 0.0),
}


INTRODUCTION = """\
# What the networks reach

Each network against what it is aimed at; **bold** is reached. Lytro and outlines are of
[the reproduction page](reproduction.md) (`python -m benchmarks.reproduce`), z-stacks and time by
`python -m benchmarks.reached`. Defaults where nothing else is said: pairs are fused with the
published weights, z-stacks with the weights for z-stacks (*microscopy*) where a method has them.
The other set of each has a row too.
"""

OUTLINES_TEXT = """\
## Near outlines

Share of the pixels within 8 of an outline that come from the wrong plane, pairs with occlusion:
photographs / simulated scenes.
"""

STACKS_TEXT = """\
## z-stacks

64 simulated stacks of eight kinds, seeds {seeds}, low and high noise, 12 planes of 128 x 128:
decibels above `gradient` in the same run ({low:.2f} dB copied at low, {high:.2f} dB at high noise;
depth within one plane {near:.3f} and {far:.3f}). *Copied*: every pixel from the plane decided for.
*Worst kind*: of the eight, copied. *As made*: averaged, where weights say how far.
"""

LYTRO_TEXT = """\
## Lytro

Means over the 20 pairs, turned grey, saved as JPEG 75, as the authors' own files are; in brackets
what those score. `fd-fcn`, `boundary-aware` and `ufa-fuse` are aimed at Q_E and VIFF within .002 of
`cnn`'s. Saving as JPEG costs more than what lies between any two of these methods.
"""

TIME_TEXT = """\
## Time

Processor seconds of one thread for {many} grey planes of {side} x {side}, simulated, once.
The machine did other work meanwhile: these are seconds of the processor, not of the clock, but
caches were shared. The last ones were measured on {made}.
"""


def main(words: Sequence[str]) -> None:
    """Measure some methods, keep the numbers and write the page."""
    results = keep.load(NAME)
    for name in (word for word in words if not word.startswith("-")):
        results.setdefault("stacks", {})[name] = of_stacks(name)
        if name in methods.names() and "--keep-time" not in words:
            results.setdefault("seconds", {})[name] = seconds(name)
        keep.save(NAME, results)
        print(name, flush=True)
    PAGE.write_text(page(keep.load(NAME), keep.load("reproduction")), encoding="utf-8")


def of_stacks(name: str) -> dict[str, dict[str, Any]]:
    """Return by noise: PSNR copied and as made, and depth within one plane, of each kind.

    Parameters
    ----------
    name : str
        As for `benchmarks.reproduce_lytro.how`.
    """
    found: dict[str, dict[str, Any]] = {}
    for noise in NOISES:
        rows = {kind: [_judged(name, kind, noise, seed) for seed in SEEDS] for kind in KINDS}
        means = {kind: np.nanmean(values, axis=0) for kind, values in rows.items()}
        found[noise] = {
            what: {kind: _rounded(mean[column]) for kind, mean in means.items()}
            for column, what in enumerate(("copied", "made", "depth"))
        }
    return found


def _judged(name: str, kind: str, noise: str, seed: int) -> tuple[float, float, float]:
    made = simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons=noise)
    fusion = fuse(made.stack, device="cpu", **how(name))
    copied = fuse(made.stack, decision=fusion.decision).image
    within = share_within(fusion.depth, made.depth, where=made.textured)
    return psnr(copied, made.image), psnr(fusion.image, made.image), within


def seconds(name: str) -> float:
    """Return the processor seconds of fusing a large stack."""
    made = simulate("relief", seed=1, shape=LARGE, planes=MANY, dtype="uint8")
    planes = np.asarray(made.stack.pixels)
    fuse(planes[:2, :64, :64], method=name, device="cpu")  # loads the weights
    began = time.process_time()
    fuse(planes, method=name, device="cpu")
    return round(time.process_time() - began, 1)


def page(results: Results, reproduced: Results) -> str:
    """Return the page, Markdown."""
    networks = [name for name in methods.names() if methods.get(name).neural]
    parts = [INTRODUCTION, OUTLINES_TEXT, _outlines(networks, reproduced["pairs"])]
    base = results["stacks"][BASE]
    there = [name for name in networks if name in results["stacks"]]
    told = {noise: _means(base[noise]) for noise in NOISES}
    parts.append(
        STACKS_TEXT.format(
            seeds=", ".join(map(str, SEEDS)),
            low=told["low"]["copied"],
            high=told["high"]["copied"],
            near=told["low"]["depth"],
            far=told["high"]["depth"],
        )
    )
    rows = [one for one in in_order(results["stacks"]) if _method(one) in networks]
    parts.append(_stacks(["adaptive", *rows], results["stacks"]))
    left = ", ".join(f"`{name}`" for name in networks if name not in there)
    parts += [f"\nNot measured here yet: {left}."] if left else []
    parts += [LYTRO_TEXT, _lytro(networks, reproduced["lytro"])]
    timed = [name for name in methods.names() if name in results["seconds"]]
    parts.append(TIME_TEXT.format(many=MANY, side=LARGE[0], made=results["made"]))
    parts.append(markdown(["", "s"], ([f"`{n}`", str(results["seconds"][n])] for n in timed)))
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _outlines(networks: Sequence[str], pairs: Results) -> str:
    rows = []
    for name in ("gradient", "adaptive", *_sets(networks, pairs["optics"])):
        found = [pairs[label][name]["wrong"] for label in ("photographs", "optics")]
        if _method(name) not in networks:
            rows.append([f"`{name}`", *(f"{share:.1%}" for share in found), "–"])
            continue
        aims = OUTLINES.get(_method(name), OTHERS)
        cells = [_bold(f"{f:.1%}", f <= aim) for f, aim in zip(found, aims, strict=True)]
        rows.append([titled(name), *cells, f"{aims[0]:.0%} / {aims[1]:.0%}"])
    return markdown(["", "photographs", "simulated", "aimed at"], rows)


def _stacks(names: Sequence[str], stacks: Results) -> str:
    base = stacks[BASE]
    rows = [["aimed at", *(f"{a:+g}" if np.isfinite(a) else "–" for *_, a in COLUMNS.values())]]
    for name in names:
        cells = []
        for noise, what, compared, aim in COLUMNS.values():
            found = compared(stacks[name][noise][what], base[noise][what])
            digits = 3 if what == "depth" else 2
            cells.append(_bold(f"{found:+.{digits}f}", np.isfinite(aim) and found >= aim))
        rows.append([titled(name), *cells])
    return markdown(["", *COLUMNS], rows)


def _lytro(networks: Sequence[str], lytro: Results) -> str:
    rows = []
    for name in _sets(networks, lytro):
        scores = lytro[name]["jpeg"]
        near = {m: lytro["cnn"]["jpeg"][m] - 0.002 for m in ("Q_E", "VIFF")}
        aims = FILES.get(_method(name), near)
        cells = []
        for measure in FILES["cnn"]:
            found, aim = round(scores[measure], 4), aims.get(measure)
            reached = aim is not None and found >= aim
            of_files = f" ({aim:.4f})" if _method(name) in FILES and aim is not None else ""
            cells.append(_bold(f"{found:.4f}", reached) + of_files)
        rows.append([titled(name), *cells])
    return markdown(["", *FILES["cnn"]], rows)


def _method(row: str) -> str:
    return row.partition(",")[0]


def _sets(networks: Sequence[str], rows: Results) -> list[str]:
    """Return the rows of networks as they are by default, and with their weights for z-stacks."""
    both = (one for name in networks for one in (name, f"{name}, {MICROSCOPY}"))
    return [one for one in both if one in rows]


def _means(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {what: fmean(values.values()) for what, values in found.items()}


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _bold(text: str, reached: bool) -> str:
    return f"**{text}**" if reached else text


if __name__ == "__main__":
    main(sys.argv[1:])
