"""How much a network computes, how much a card can, and what it does meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from napari_mfif.methods import registry
from napari_mfif.simulation import Simulation
from napari_mfif.training.confidence import folded

__all__ = ["Watched", "best_rates", "operations", "overlapped"]

#: In which format a way of computing multiplies.
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "compiled": torch.float32}
#: Seconds for which matrices are multiplied.
MULTIPLYING = 0.5


class Watched:
    """Measures seconds by the clock and, on a graphics card, the memory at its peak.

    A context; ``memory`` is `None` elsewhere.
    """

    def __init__(self, device: str) -> None:
        self.device, self.seconds = torch.device(device), 0.0
        self.memory: int | None = None

    def __enter__(self) -> Self:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            torch.cuda.reset_peak_memory_stats(self.device)
        self.seconds = -time.perf_counter()
        return self

    def __exit__(self, *_: Any) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            self.memory = torch.cuda.max_memory_allocated(self.device)
        self.seconds += time.perf_counter()


def operations(name: str, made: Simulation) -> float:
    """Return how many multiplications and additions a method takes per pixel and plane.

    Counted on the processor, in bfloat16, for which no network has a form of its own there.
    """
    method: Any = registry.get(name)
    network, _ = method.network.shipped(method.suited(made.stack.n_planes))
    trained = method.network(network, precision="bfloat16")
    with FlopCounterMode(display=False) as counted:
        folded(method, trained, made).answer()
    return float(counted.get_total_flops()) / np.asarray(made.stack.pixels).size


def best_rates(device: str, side: int, ways: Sequence[str]) -> dict[str, float]:
    """Return the operations per second of a product of two large matrices, in each way's format."""
    return {way: _multiplied(device, side, FORMATS[way]) for way in ways}


def _multiplied(device: str, side: int, dtype: torch.dtype) -> float:
    one = torch.randn(side, side, device=device, dtype=dtype)
    other = torch.randn(side, side, device=device, dtype=dtype)
    one @ other
    times, seconds = 0, 0.0
    while seconds < MULTIPLYING:
        with Watched(device) as watched:
            one @ other
        times, seconds = times + 1, seconds + watched.seconds
    return 2.0 * side**3 * times / seconds


def overlapped(device: str, run: Callable[[], object]) -> float | None:
    """Return in which part of the time that planes travel something is computed; on cards only."""
    if torch.device(device).type != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as seen:
        run()
        torch.cuda.synchronize(device)
    spans: tuple[list[tuple[float, float]], ...] = ([], [])
    for event in seen.events():
        if event.device_type == torch.autograd.DeviceType.CUDA:
            there = "HtoD" in event.name
            spans[there].append((event.time_range.start, event.time_range.end))
    computing, travelling = map(joined, spans)
    total = sum(end - start for start, end in travelling)
    return common(computing, travelling) / total if total else None


def joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return spans of time in order, those that touch as one."""
    made: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1]:
            made[-1] = made[-1][0], max(end, made[-1][1])
        else:
            made.append((start, end))
    return made


def common(some: list[tuple[float, float]], others: list[tuple[float, float]]) -> float:
    """Return how long two lists of `joined` spans are both at it."""
    total, at = 0.0, 0
    for start, end in some:
        while at < len(others) and others[at][1] <= start:
            at += 1
        number = at
        while number < len(others) and others[number][0] < end:
            total += min(end, others[number][1]) - max(start, others[number][0])
            number += 1
    return total
