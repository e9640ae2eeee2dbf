"""What refinement by a network gains and costs: stacks of known truth, real time.

usage: python -m benchmarks refinement

Seeds that no training and no other table uses, all kinds of stacks; then stacks unlike those that
the network learnt from. Writes ``results/refinement.json`` and the tables of
``docs/refinement.md``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import keep
from napari_mfif import fuse
from napari_mfif.metrics.truth import psnr
from napari_mfif.simulation import KINDS, Simulation, simulate

PAGE = Path(__file__).parents[1] / "docs" / "refinement.md"
NOISES = ("low", "mid", "high")
SEEDS = (52001, 52002, 52003)
#: Stacks that differ from those learnt from, by name: how they are simulated.
UNUSUAL: dict[str, dict[str, Any]] = {
    "2 planes": {"planes": 2},
    "3 planes": {"planes": 3},
    "5 planes": {"planes": 5},
    "48 planes": {"planes": 48},
    "slope 0.25 px a plane": {"slope": 0.25},
    "slope 3 px a plane": {"slope": 3.0, "planes": 12},
    "8 bits": {"dtype": "uint8"},
    "float32, no noise": {"dtype": "float32", "photons": None},
    "30 photons at white": {"photons": 30.0},
    "drift of 1.5 px left in": {"drift": 1.5},
    "brightness drift of 20 %": {"brightness_drift": 0.2},
    "400 hot pixels": {"hot_pixels": 400},
}
#: Rows, columns, planes of the stacks whose cost is measured, and how often.
SIZES, TIMES = ((256, 256, 20), (1024, 1024, 20), (2048, 2048, 5)), 3
#: What is refined there, by name.
PIXELS, HEIGHT = {"refinement": "network"}, {"depth_refinement": "network"}
HOW: dict[str, dict[str, Any]] = {
    "none": {}, "pixels": PIXELS, "height": HEIGHT, "both": PIXELS | HEIGHT,
}  # fmt: skip
#: Pixels about a jump of more than two planes that lie near it.
NEAR = 8


def measure(log: Callable[[str], None]) -> dict[str, Any]:
    """Fuse all stacks with and without refinement; return what came of it."""
    found: dict[str, Any] = {"seeds": SEEDS, "kinds": {}, "unusual": {}}
    for photons in NOISES:
        log(f"kinds, noise {photons}")
        for kind in KINDS:
            made = (simulate(kind, seed=seed, photons=photons) for seed in SEEDS)
            found["kinds"][f"{kind}, {photons}"] = list(map(_compared, made))
    for name, given in UNUSUAL.items():
        log(name)
        stacks = unusual(given)
        found["unusual"][name] = list(map(_compared, stacks))
    log("cost")
    found["cost"] = _all_costs()
    return found


def measure_cost() -> None:
    """Measure the cost alone, which takes an idle machine and a minute; the rest stays."""
    found = keep.load("refinement") | {"cost": _all_costs()}
    keep.save("refinement", found)
    put_tables({"cost": _costs(found["cost"])})


def unusual(given: dict[str, Any]) -> Iterator[Simulation]:
    """Simulate one stack of each kind with these arguments."""
    for kind in KINDS:
        yield simulate(kind, seed=53001, shape=(192, 192), **{"photons": "mid", **given})


def _compared(made: Simulation) -> dict[str, float]:
    """Return PSNR everywhere and near jumps of depth, without and with refinement."""
    near = _near_jumps(made.depth)
    told: dict[str, float] = {}
    for name in ("none", "network"):
        image = np.asarray(fuse(made.stack, refinement=name).image, np.float32)
        told[name] = psnr(image, made.image)
        if near.any() and made.kind in ("steps", "occlusion", "halo", "colour"):
            told[f"{name} near jumps"] = _psnr_where(image, made.image, near)
    return told


def _near_jumps(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    square = np.ones((3, 3), np.uint8)
    jumps = cv2.dilate(depth, square) - cv2.erode(depth, square) > 2
    wide = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    return np.asarray(cv2.dilate(jumps.astype(np.uint8), wide) > 0)


def _psnr_where(
    image: NDArray[np.float32], truth: NDArray[np.float32], where: NDArray[np.bool_]
) -> float:
    everywhere = float(np.mean(np.square(image - truth)))
    there = float(np.mean(np.square((image - truth)[where])))
    return psnr(image, truth) + 10 * float(np.log10(everywhere / there))


def _all_costs() -> dict[str, dict[str, list[float]]]:
    return {"x".join(map(str, size)): _cost(size) for size in SIZES}


def _cost(size: tuple[int, int, int]) -> dict[str, list[float]]:
    """Return seconds of all processors and of the clock, the least of some tries."""
    rows, columns, planes = size
    made = simulate("occlusion", seed=54001, shape=(rows, columns), planes=planes)
    told = {}
    for name, given in HOW.items():
        tries = []
        for _ in range(TIMES):
            cpu, clock = time.process_time(), time.perf_counter()
            fuse(made.stack, **given)
            tries.append([time.process_time() - cpu, time.perf_counter() - clock])
        told[name] = np.min(tries, axis=0).tolist()
    return told


def write(found: dict[str, Any]) -> None:
    """Put the tables into the page, between their marks."""
    put_tables(
        {
            "kinds": _kinds(found["kinds"]),
            "unusual": _table("stacks", found["unusual"]),
            "cost": _costs(found["cost"]),
        }
    )


def put_tables(tables: Mapping[str, str]) -> None:
    """Put tables into the page, each between its marks."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = marks.sub(lambda match, made=table: f"{match[1]}{made}\n{match[2]}", text)
    PAGE.write_text(text, encoding="utf-8")


def _kinds(found: dict[str, list[dict[str, float]]]) -> str:
    rows = dict(found)
    for noise in NOISES:
        of_all = [one for name, stacks in found.items() if name.endswith(noise) for one in stacks]
        rows[f"**all kinds, {noise}**"] = of_all
    return _table("kind, noise", rows)


def _table(first: str, found: dict[str, list[dict[str, float]]]) -> str:
    lines = [
        f"| {first} | PSNR none | network | gain | least gain | near jumps none | network |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, stacks in found.items():
        none, network = (np.array([s[k] for s in stacks]) for k in ("none", "network"))
        near = [s for s in stacks if "none near jumps" in s]
        cells = [
            f"{np.mean([s[f'{k} near jumps'] for s in near]):.2f}" if near else "-"
            for k in ("none", "network")
        ]
        gain = network - none
        lines.append(
            f"| {name} | {none.mean():.2f} | {network.mean():.2f} | {gain.mean():+.2f} "
            f"| {gain.min():+.2f} | {cells[0]} | {cells[1]} |"
        )
    return "\n".join(lines)


def _costs(found: dict[str, dict[str, list[float]]]) -> str:
    more = [name for name in HOW if name != "none"]
    lines = [
        f"| rows x columns x planes | none, cpu s | {', '.join(more)}: more per megapixel "
        "| none, s | both, s |",
        "|---|---|---|---|---|",
    ]
    for size, told in found.items():
        rows, columns, _ = map(int, size.split("x"))
        none, megapixels = told["none"], rows * columns / 1e6
        each = ", ".join(f"{(told[name][0] - none[0]) / megapixels:.2f}" for name in more)
        lines.append(
            f"| {size.replace('x', ' x ')} | {none[0]:.2f} | {each} "
            f"| {none[1]:.2f} | {told['both'][1]:.2f} |"
        )
    return "\n".join(lines)


def main(log: Callable[[str], None]) -> None:
    """Measure, keep and write."""
    found = measure(log)
    keep.save("refinement", found)
    write(found)
