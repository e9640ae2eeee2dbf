"""`cnn` as it is run here against the plain way: every pair of planes through the whole network."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import large
from napari_mfif.methods.base import FloatMap

__all__ = ["measure"]

PLANES, SIDE = 16, 1024
#: The plain way is slow: it is timed on a piece of this side, and decisions are compared on it.
PIECE = 160


def measure(seed: NDArray[Any], log: Callable[[str], None]) -> dict[str, Any]:
    """Return seconds of both ways for 16 planes of 1024 x 1024, and how far they agree."""
    import torch

    from napari_mfif import fuse
    from napari_mfif.methods.neural.patch_scoring import PatchScorer

    torch.set_num_threads(1)
    pixels = seed[large.there_and_back(len(seed), PLANES)]
    network = copy.deepcopy(PatchScorer.load("cpu", form="full").feeder.network)
    low, high = np.quantile(pixels, (0.005, 0.995))
    grey = ((pixels - low) / (high - low)).astype(np.float32)
    piece = grey[:, :PIECE, :PIECE]
    orders = {}
    for order in (torch.contiguous_format, torch.channels_last):
        network = network.to(memory_format=order)
        began = time.process_time()
        plain = _plain(network, piece)
        orders[str(order)] = time.process_time() - began
    # the order of the axes that suits the plain way better counts
    plain_seconds = min(orders.values()) * _multiplications(SIDE) / _multiplications(PIECE)
    log(f"  plain: {plain_seconds:.0f} s, scaled from {PIECE} x {PIECE}")
    began = time.process_time()
    fuse(pixels, method="cnn", consistency={"smooth_depth": 0})
    joint_seconds = time.process_time() - began
    log(f"  joint: {joint_seconds:.0f} s")
    joint = fuse(
        pixels[:, :PIECE, :PIECE], method="cnn", smooth_along_z=False,
        consistency={"smooth_depth": 0},
    ).decision  # fmt: skip
    inside = (slice(16, -16),) * 2
    return {
        "plain": round(plain_seconds, 1),
        "joint": round(joint_seconds, 1),
        "piece": PIECE,
        "equal": float((joint == plain)[inside].mean()),
        "within_one": float((np.abs(joint.astype(int) - plain) <= 1)[inside].mean()),
    }


def _multiplications(side: int) -> int:
    """Return those of the plain way for two square planes, which is what the time goes by."""
    pooled = (side + 4) // 2
    branch = 9 * 64 * (side + 6) ** 2 + 9 * 64 * 128 * (side + 4) ** 2
    branch += 9 * 128 * 256 * (pooled - 2) ** 2
    return 2 * branch + 8 * 8 * 512 * 256 * (pooled - 9) ** 2


def _plain(network: Any, planes: FloatMap) -> NDArray[np.uint16]:
    """Compare the picture so far with the next plane: 2 (N - 1) branches, both layers in full."""
    import torch

    from napari_mfif.methods.neural.patch_scoring import enlarge, spread

    shape = planes.shape[1:]
    padded = [np.pad(plane, 4, mode="reflect") - np.float32(0.5) for plane in planes]
    best = np.zeros(shape, np.uint16)
    so_far = padded[0]
    for z in range(1, len(padded)):
        with torch.inference_mode():
            logits = network(*(torch.from_numpy(p)[None, None] for p in (so_far, padded[z])))
            margin = (logits[0, 1] - logits[0, 0]).numpy()
        wins = enlarge(spread(margin, shape) > 0, shape)
        best[wins] = z
        fused = np.where(wins, planes[z], so_far[4:-4, 4:-4] + np.float32(0.5))
        so_far = np.pad(fused, 4, mode="reflect") - np.float32(0.5)
    return best
