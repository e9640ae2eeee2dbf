"""Sending blocks to a device while it computes others."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["arrived", "sent", "side_stream"]


def side_stream(device: torch.device) -> Any:
    """Return a queue of the graphics card for what travels while something is computed."""
    kind: Any = torch.cuda.Stream
    return kind(device) if device.type == "cuda" else None


def sent(block: NDArray[np.float32], device: torch.device, side: Any) -> Tensor:
    """Send a block to the device; to a graphics card without waiting for it."""
    pixels = torch.from_numpy(block)[None]
    if side is None:
        return pixels.to(device)
    with torch.cuda.stream(side):
        return pixels.pin_memory().to(device, non_blocking=True)


def arrived(block: Tensor, side: Any) -> Tensor:
    """Return a block that was sent, once it is there."""
    if side is not None:
        now = torch.cuda.current_stream(block.device)
        now.wait_stream(side)
        block.record_stream(now)
    return block
