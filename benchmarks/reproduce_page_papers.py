"""What the papers show of their own methods besides scores, as a section of the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean
from typing import Any

from benchmarks import ablations
from benchmarks.reproduce_papers import EPSILONS, ORDERS, RADII
from benchmarks.tables import in_order, markdown, number
from napari_mfif.training.card import wrapped

__all__ = ["section"]

Results = dict[str, Any]

ORDER = """\
**The order of two planes** (CNN, section 4.2.1, prints of its 40 pairs: mean sum of the score
maps of both orders 1.001468, standard deviation .001873; structural similarity of both images
.999964, .000161). Here on the pairs of Lytro, published weights. A network that scores one plane
(`cnn` as it is shipped, `fd-fcn`) cannot mind the order; the paper's full and slight form learn
it, and `napari_mfif.networks.cnn.collapse` takes the part that does not mind it."""

FULL = """\
The paper's full form, trained here for {steps} batches of photographs only to see this: it orders
{right} of held-back patches right, the sum of both orders is {sum:.6f} ± {sum_deviation:.6f} over
crops, and the collapsed form decides {same} of the patches as it does."""

SHUFFLED = """\
**The order of a sequence** (FD-FCN, section 4.3, takes two planes at random, then one more at a
time). Simulated z-stacks of seven kinds, 8 planes, low noise, one plane after the other
(`along="sequential"`), not verified: in the order of the planes, and shuffled {orders} times.
What is taken from another plane is mostly of planes that are about as sharp, as the decibels say.
By default stacks are not fused so, but each plane scored once or every plane compared, where
order cannot matter."""

FILTER = """\
**Radius and epsilon of the guided filter** (FD-FCN, section 4.2.1 and figure 4, chooses 8 and .32
by the mean squared error of its decision maps; the values are in the figure only). `fd-fcn`,
published weights, 40 pairs of photographs whose truth is known (those of the section below): mean
squared error of the decision map, which is the share of wrong pixels; without the filter {none}.
Best here is {best}; the default stays the paper's."""

SMALL = """\
**What the papers take out**, at a small scale: networks trained for {steps} batches, as by
default and with one switch set otherwise, from seeds {seeds}; the mean and, in brackets, both.
Held-back pictures judge: of `cnn` patches ordered right at noise of 6 grey levels; of `fd-fcn`,
`mfif-gan` (width 8, no critic) and `ufa-fuse` (width 16) as on their cards. Where the seeds lie
as far apart as the rows, the table says nothing; and such networks are far from trained.
`ufa-fuse` is the form that is shipped, a correction to the mean of the planes under the spatial
attention: without that it chooses nothing, and the channel attention acts on a correction that is
next to nothing yet. The papers' own comparisons are of whole trainings, judged on Lytro (MFIF-GAN
figure 7, as curves only; UFA-FUSE table IV: STD 61.69 without attention, 61.88 with channel,
62.24 with spatial, 62.62 with both attentions). Made by `python -m benchmarks.ablations`."""

#: Which held-back score stands in the table, and how it is called.
SCORES = {
    "cnn": ("accuracy_noisy", "right"),
    "fd-fcn": ("pairs", "right"),
    "mfif-gan": ("boundary", "wrong near outlines"),
    "ufa-fuse": ("psnr", "dB"),
}


def section(results: Results, trained: Results) -> Iterable[str]:
    """Yield the parts of the section."""
    kept = results.get("papers", {})
    small = list(_small(trained))
    if kept or small:
        yield "## What the papers show besides"
    if kept.get("commutativity"):
        yield ORDER
        header = [
            "",
            "sum of both maps",
            "similarity of both images",
            "from another plane, verified",
        ]
        yield markdown(
            header,
            [_order_line(n, kept["commutativity"][n]) for n in in_order(kept["commutativity"])],
        )
    if kept.get("full form"):
        row = kept["full form"]
        shares = {name: f"{100 * row[name]:.2f} %" for name in ("right", "same")}
        told = FULL.format(**row | shares | {"steps": int(row["steps"])})
        yield wrapped(told).rstrip()
    if kept.get("order"):
        yield wrapped(SHUFFLED.format(orders=len(ORDERS))).rstrip()
        header = ["", "dB, in order", "dB, shuffled", "pixels from another plane"]
        yield markdown(
            header, [_shuffled_line(n, kept["order"][n]) for n in in_order(kept["order"])]
        )
    if kept.get("epsilon"):
        tried = {name: value for name, value in kept["epsilon"].items() if name != "none"}
        best = " and ".join(min(tried, key=tried.__getitem__).split())
        told = FILTER.format(none=_share(kept["epsilon"]["none"]), best=best)
        yield wrapped(told).rstrip()
        header = ["radius", *(f"epsilon {value:g}" for value in EPSILONS)]
        yield markdown(header, [_filter_line(kept["epsilon"], radius) for radius in RADII])
    yield from small


def _order_line(name: str, row: Results) -> list[str]:
    return [
        f"`{name}`",
        f"{row['sum']:.6f} ± {row['sum_deviation']:.6f}",
        f"{row['alike']:.6f} ± {row['alike_deviation']:.6f}",
        f"{100 * row['differ']:.2f} %",
    ]


def _shuffled_line(name: str, row: Results) -> list[str]:
    cells = [number(row["given"]), number(row["shuffled"]), f"{100 * row['differ']:.1f} %"]
    return [f"`{name}`", *cells]


def _filter_line(row: Results, radius: int) -> list[str]:
    return [str(radius), *(_share(row[f"{radius} {value:g}"]) for value in EPSILONS)]


def _share(value: float) -> str:
    return number(value, 4).removeprefix("0")


def _small(trained: Results) -> Iterable[str]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for key, scores in trained.items():
        method, _, rest = key.partition("; ")
        if method in SCORES and isinstance(scores, dict):
            found[method, rest.partition("; ")[0]].append(scores[SCORES[method][0]])
    whole = {n: some for n, some in found.items() if len(some) == len(ablations.SEEDS)}
    if not whole:
        return
    steps = ", ".join(f"{count} (`{name}`)" for name, (count, _) in ablations.SMALL.items())
    told = SMALL.format(steps=steps, seeds=" and ".join(map(str, ablations.SEEDS)))
    yield wrapped(told).rstrip()
    lines = [
        [f"`{method}`", words, SCORES[method][1], _both(values)]
        for (method, words), values in whole.items()
    ]
    yield markdown(["", "switched", "score", "mean (seeds)"], lines)


def _both(values: list[float]) -> str:
    digits = 2 if values[0] > 1 else 4
    each = ", ".join(number(value, digits) for value in values)
    return f"{number(fmean(values), digits)} ({each})"
