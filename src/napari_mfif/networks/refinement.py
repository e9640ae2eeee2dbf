"""The network that refines fused pixels: a small U-net at half the size.

Two levels down, two up, sums in place of joined channels, pairs of 3 x 3 convolutions with a skip.
What it sees and what its answer means is said in `napari_mfif.methods.adaptive.refinement`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["GRID", "WIDTHS", "Block", "RefinementNet", "enlarged"]

#: Channels of its three levels.
WIDTHS = (24, 32, 48)
#: Sides of what it sees are multiples of this.
GRID = 4


class Block(nn.Module):
    """Two convolutions beside a skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        found: Tensor = self.second(functional.relu(self.first(maps)))
        return functional.relu(maps + found)


class RefinementNet(nn.Module):
    """Residual and shares for each pixel of a square.

    Parameters
    ----------
    channels, answer : int
        Of what it sees, and of its answer.
    widths : (int, int, int), optional
        Of its levels, finest first.
    """

    def __init__(self, channels: int, answer: int, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Conv2d(channels, fine, 1)
        self.fine = Block(fine)
        self.down1 = nn.Conv2d(fine, middle, 2, stride=2)
        self.middle = Block(middle)
        self.down2 = nn.Conv2d(middle, coarse, 2, stride=2)
        self.coarse = nn.Sequential(Block(coarse), Block(coarse))
        self.up1 = nn.Conv2d(coarse, middle, 1)
        self.middle_again = Block(middle)
        self.up2 = nn.Conv2d(middle, fine, 1)
        self.fine_again = nn.Sequential(Block(fine), Block(fine))
        self.head = nn.Conv2d(fine, answer, 3, padding=1)
        with torch.no_grad():  # begins nearly without a change
            self.head.weight.mul_(0.05)
            assert self.head.bias is not None
            self.head.bias.zero_()

    def forward(self, seen: Tensor) -> Tensor:
        """Return the answer, (N, answer, Y, X), for what is seen, (N, channels, Y, X)."""
        fine = self.fine(functional.relu(self.stem(seen)))
        middle = self.middle(self.down1(fine))
        coarse = self.coarse(self.down2(middle))
        middle = self.middle_again(middle + enlarged(self.up1(coarse)))
        answer: Tensor = self.head(self.fine_again(fine + enlarged(self.up2(middle))))
        return answer


def enlarged(maps: Tensor) -> Tensor:
    """Double rows and columns."""
    return functional.interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)
