"""What the fast form of `cnn` for processors gains over torch's own ways, in one run.

usage: python -m benchmarks.cnn_ways [SIDE] [ROUNDS]

Each way judges the same plane in turn, on one thread, and the medians of the processor's time are
compared. Where the processor computes in bfloat16, torch uses it.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from napari_mfif.networks.cnn import CollapsedCnn
from napari_mfif.networks.precision import prepared


def ways(network: CollapsedCnn) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return the ways by name."""
    plain = prepared(network, "cpu", torch.float32)
    half = prepared(network, "cpu", torch.bfloat16)
    found: dict[str, nn.Module] = {
        "our own": network.for_processor().eval(),
        "torch": plain,
        "torch.compile": torch.compile(plain),  # type: ignore[dict-item]
        "torch, bfloat16": half,
        "torch.compile, bfloat16": torch.compile(half),  # type: ignore[dict-item]
    }
    return dict(found)


@torch.inference_mode()
def main(side: int = 512, rounds: int = 5) -> None:
    """Print a line per way."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    plane = torch.rand(1, 1, side, side)
    kinds = ways(CollapsedCnn().eval())
    expected = kinds["torch"](plane)
    off = {}
    for name, way in kinds.items():  # compiling counts for nothing
        off[name] = float((way(plane).float() - expected).abs().max() / expected.std())
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, way in kinds.items():
            began = time.process_time()
            way(plane)
            seconds[name].append(time.process_time() - began)
    own = statistics.median(seconds["our own"])
    print(
        f"{side} x {side} pixels, median of {rounds} rounds, one thread, torch {torch.__version__}"
    )
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        print(f"{name:26}{middle:8.2f} cpu s {middle / own:6.2f} times; off by {off[name]:.1e}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
