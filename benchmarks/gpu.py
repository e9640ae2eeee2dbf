"""What a graphics card makes of the networks, in one run under five minutes.

usage: python -m benchmarks.gpu [--device cuda] [--seconds 270] [--out FOLDER] [--tiny]

Checks that every network decides on the card as on the processor, measures megapixel-planes per
second of 100 planes of 2048 x 2048 in float32, in bfloat16 and compiled, which share of what the
card does at its best that is, peak memory, whether planes travel while others are computed, and how
long 300 steps of each training take. Writes gpu.json and gpu.md. Every measurement has its share of
the time: of large stacks it takes as many planes as fit, and says how many.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import gpu_training, gpu_work
from benchmarks.large import mirrored, there_and_back
from benchmarks.tables import markdown
from napari_mfif import fuse, methods
from napari_mfif.networks.weights import sets
from napari_mfif.simulation import simulate

NETWORKS = tuple(name for name in methods.names() if methods.get(name).neural)
#: How a network is computed.
WAYS: dict[str, dict[str, Any]] = {
    "float32": {"precision": "float32"},
    "bfloat16": {"precision": "bfloat16"},
    "compiled": {"precision": "float32", "compile": True},
}
SPEED = (
    "Whole fusions by their defaults. *Share of the best*: operations per second of the network, "
    "against those of a product of large matrices in the same precision. *Overlapped*: which part "
    "of the time in which planes travel to the card something is computed."
)
#: The first planes tell how many more there is time for.
FIRST = 3


@dataclass(frozen=True)
class Setting:
    """How much is measured, and where."""

    device: str
    seconds: float
    planes: int = 100
    side: int = 2048
    #: Of the stacks whose decisions are compared.
    small: tuple[int, int] = (6, 256)
    ways: tuple[str, ...] = tuple(WAYS)
    networks: tuple[str, ...] = NETWORKS
    steps: int = 300
    matrix: int = 8192

    @property
    def share(self) -> float:
        """Seconds for each measurement of speed or of a training."""
        recipes = gpu_training.recipes(self.networks)
        measurements = len(self.networks) * len(self.ways) + len(recipes)
        return 0.8 * self.seconds / measurements

    @classmethod
    def tiny(cls, device: str) -> Setting:
        """Return a setting that is done in seconds on a processor."""
        return cls(device, 600.0, 3, 64, (4, 48), ("float32",), ("fd-fcn",), 1, 64)


def main(words: Sequence[str] | None = None) -> None:
    """Measure and write."""
    given = _parser().parse_args(words)
    if torch.device(given.device).type == "cuda" and not torch.cuda.is_available():
        raise SystemExit("There is no CUDA card here, or this torch was built without CUDA.")
    setting = Setting.tiny(given.device) if given.tiny else Setting(given.device, given.seconds)
    found = measured(setting)
    given.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (given.out / "gpu.json").write_text(text, encoding="utf-8")
    (given.out / "gpu.md").write_text(page(found), encoding="utf-8")
    print(page(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=270.0)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out/gpu"))
    parser.add_argument("--tiny", action="store_true", help="seconds on a processor, for the tests")
    return parser


def measured(setting: Setting) -> dict[str, Any]:
    """Measure all there is to measure."""
    began = time.perf_counter()
    end = began + setting.seconds
    plain = [way for way in setting.ways if way != "compiled"]
    slow = [way for way in setting.ways if way == "compiled"]  # a minute before the first plane
    found: dict[str, Any] = {
        "machine": machine(setting.device),
        "setting": {"planes": setting.planes, "side": setting.side},
        "peak": gpu_work.best_rates(setting.device, setting.matrix, setting.ways),
        "decisions": list(decisions(setting)),
        "speed": list(speeds(setting, plain, end)),
        "training": list(
            gpu_training.times(setting.networks, setting.device, setting.steps, setting.share)
        ),
    }
    found["speed"] += speeds(setting, slow, end)
    return found | {"seconds": round(time.perf_counter() - began, 1)}


def machine(device: str) -> dict[str, str]:
    """Return what it is measured on."""
    facts = {"system": platform.platform(), "torch": torch.__version__, "device": device}
    if torch.device(device).type == "cuda":
        card = torch.cuda.get_device_properties(device)
        facts["device"] = f"{card.name}, {card.total_memory / 1e9:.0f} GB"
        facts["cuda"] = str(torch.version.cuda)
    return facts


def decisions(setting: Setting) -> Iterator[dict[str, Any]]:
    """Yield which share of the decisions differs from the processor's, of a pair and a stack."""
    planes, side = setting.small
    made = simulate("relief", seed=7, shape=(side, side), planes=planes)
    pixels = np.asarray(made.stack.pixels)
    for name in setting.networks:
        for which in sets(name):
            for kind, some in (("stack", pixels), ("pair", pixels[:: planes - 1])):
                there, here = (
                    fuse(some, method=name, device=device, weights=which, precision="float32")
                    for device in (setting.device, "cpu")
                )
                differ = float((there.decision != here.decision).mean())
                yield {"method": name, "weights": which, "of": kind, "differ": differ}


def speeds(setting: Setting, ways: Sequence[str], end: float) -> Iterator[dict[str, Any]]:
    """Yield what each network does in some ways, as far as there is time until `end`."""
    made = simulate("relief", seed=8, shape=(128, 128), planes=8)
    seed = np.stack([mirrored(plane, setting.side) for plane in np.asarray(made.stack.pixels)])
    for name in setting.networks:
        work = gpu_work.operations(name, made)
        for way in ways:
            if time.perf_counter() > end:
                yield {"method": name, "way": way, "failed": "no time was left"}
                continue
            try:
                found = speed(name, way, seed, setting)
            except RuntimeError as error:  # what a card cannot do is told, and the rest measured
                yield {"method": name, "way": way, "failed": str(error).splitlines()[0]}
                continue
            rate = work * found["megapixel_planes_per_second"] * 1e6
            yield {"method": name, "way": way, **found, "operations_per_second": rate}


def speed(name: str, way: str, seed: Any, setting: Setting) -> dict[str, Any]:
    """Fuse as many planes as there is time for."""
    options: dict[str, Any] = {"method": name, "device": setting.device, **WAYS[way]}
    first = min(FIRST, setting.planes)
    fuse(seed[there_and_back(len(seed), first)], **options)  # compiles, and fills caches
    began = time.perf_counter()
    fuse(seed[there_and_back(len(seed), first)], **options)
    per_plane = (time.perf_counter() - began) / first
    planes = int(np.clip(setting.share / per_plane, first, setting.planes))
    stack = seed[there_and_back(len(seed), planes)]
    with gpu_work.Watched(setting.device) as watched:
        fuse(stack, **options)
    return {
        "planes": planes,
        "megapixel_planes_per_second": stack.size / 1e6 / watched.seconds,
        "peak_memory": watched.memory,
        "overlapped": gpu_work.overlapped(setting.device, lambda: fuse(stack[:first], **options)),
    }


def page(found: dict[str, Any]) -> str:
    """Return the page, Markdown."""
    size = found["setting"]
    facts = ", ".join(found["machine"].values())
    parts = [
        "# Networks on a graphics card",
        f"`python -m benchmarks.gpu`, {found['seconds']:.0f} s in all: {facts}.",
        "## Decisions",
        "Shares of the pixels that are decided otherwise than by the processor, both in float32.",
        markdown(
            ["method", "weights", "of a", "differ"],
            [
                [f"`{d['method']}`", d["weights"], d["of"], f"{d['differ']:.5f}"]
                for d in found["decisions"]
            ],
        ),
        "## Speed",
        f"Planes of {size['side']} x {size['side']}, up to {size['planes']}. {SPEED}",
        markdown(
            [
                "method",
                "way",
                "planes",
                "megapixel-planes / s",
                "share of the best",
                "peak memory",
                "overlapped",
            ],
            [_speed_row(one, found["peak"]) for one in found["speed"]],
        ),
        "## Training",
        "Seconds for 300 steps of each recipe, from the steps that were timed.",
        markdown(
            ["recipe", "steps timed", "300 steps, s"],
            [
                [f"`{t['recipe']}`", str(t["steps"]), f"{t['seconds_for_300']:.0f}"]
                for t in found["training"]
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _speed_row(one: dict[str, Any], peak: dict[str, float]) -> list[str]:
    start = [f"`{one['method']}`", one["way"]]
    if "failed" in one:
        return [*start, "", one["failed"], "", "", ""]
    best = peak[one["way"]]
    memory, overlapped = one["peak_memory"], one["overlapped"]
    return [
        *start,
        str(one["planes"]),
        f"{one['megapixel_planes_per_second']:.2f}",
        f"{100 * one['operations_per_second'] / best:.1f} %",
        "" if memory is None else f"{memory / 1e9:.2f} GB",
        "" if overlapped is None else f"{100 * overlapped:.0f} %",
    ]


if __name__ == "__main__":
    main()
