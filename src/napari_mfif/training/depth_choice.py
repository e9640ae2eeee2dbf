"""What is made of the answer of the depth network, in torch, so that it can learn from it.

The same as `napari_mfif.methods.adaptive.depth_refinement.decided`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from napari_mfif.methods.adaptive.depth_evidence import SOURCES
from napari_mfif.methods.adaptive.depth_refinement import (
    CANDIDATES,
    CELLS,
    COARSER,
    FIELDS,
    HEAVIEST,
    LIGHTEST,
    NEAR,
)

__all__ = ["Choice", "choice"]

#: Logits of shares are kept off the infinite.
LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Choice:
    """Depths to choose from, and what is chosen.

    Parameters
    ----------
    shares : tensor, (N, `CANDIDATES`, Y, X)
        Logarithms of how likely each is.
    depths : tensor, (N, `CANDIDATES`, Y, X)
        Relative to the one voted for.
    depth : tensor, (N, Y, X)
        The one chosen.
    sure : tensor, (N, Y, X)
        Logit of how sure it is.
    """

    shares: Tensor
    depths: Tensor
    depth: Tensor
    sure: Tensor


def choice(answer: Tensor, depths: Tensor, reference: Tensor) -> Choice:
    """Return what is made of an answer, (N, `ANSWER`, Y, X)."""
    of_fillings, rest = answer[:, : FIELDS * SOURCES], answer[:, FIELDS * SOURCES :]
    there = torch.cat([depths, _fillings(of_fillings, depths - reference) + reference], 1)
    there = there + torch.tanh(0.5 * rest[:, CANDIDATES:-1])
    shares = torch.log_softmax(rest[:, :CANDIDATES], 1)
    with torch.no_grad():
        votes = [
            (_alike(there, there[:, n : n + 1]) * shares.exp()).sum(1) for n in range(CANDIDATES)
        ]
        first = torch.stack(votes, 1).argmax(1, keepdim=True)
    agreeing = _alike(there, there.gather(1, first)) * shares.exp()
    held = agreeing.sum(1)
    depth = (agreeing * there).sum(1) / held.clamp(min=1e-9)
    held = held.clamp(LEAST_SHARE, 1 - LEAST_SHARE)
    sure = rest[:, -1] + 0.5 * (torch.log(held) - torch.log1p(-held))
    return Choice(shares, there, depth, sure)


def _alike(depths: Tensor, one: Tensor) -> Tensor:
    return (1 - (depths - one).abs() / NEAR).clamp(min=0)


def _fillings(logarithms: Tensor, apart: Tensor) -> Tensor:
    weights = logarithms.clamp(LIGHTEST, HEAVIEST).exp()
    weights = weights.view(-1, FIELDS, SOURCES, *weights.shape[-2:])
    total = torch.cat([(weights * apart[:, None]).sum(2), weights.sum(2)], 1)
    rows, columns = total.shape[-2:]
    side = 1 << CELLS
    cells = [functional.pad(total, (0, -columns % side, 0, -rows % side), mode="replicate")]
    for _ in range(CELLS):
        cells.append(functional.avg_pool2d(cells[-1], 2))
    filled = _enlarged(cells[-1])
    for finer in reversed(cells[1:-1]):
        filled = _enlarged(finer + COARSER * filled)
    filled = filled[..., :rows, :columns]
    return filled[:, :FIELDS] / filled[:, FIELDS:]


def _enlarged(cells: Tensor) -> Tensor:
    maps = cells.shape[1]
    taps = torch.tensor([0.25, 0.5, 0.25], dtype=cells.dtype, device=cells.device)
    kernel = torch.outer(taps, taps).expand(maps, 1, 3, 3)
    smooth = functional.pad(cells, (1, 1, 1, 1), mode="replicate")
    smooth = functional.conv2d(smooth, kernel, groups=maps)
    return functional.interpolate(smooth, scale_factor=2.0, mode="bilinear", align_corners=False)
