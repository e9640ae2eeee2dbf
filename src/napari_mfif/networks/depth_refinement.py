"""The network that refines depths: a small U-net, most of it at a quarter of the size.

What it sees and what its answer means is said in `napari_mfif.methods.adaptive.depth_refinement`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_mfif.networks.refinement import Block, enlarged

__all__ = ["WIDTHS", "DepthRefinementNet"]

#: Channels of its four levels.
WIDTHS = (20, 32, 40, 48)


class DepthRefinementNet(nn.Module):
    """Weights, shifts and doubts.

    Parameters
    ----------
    channels, answer : int
        Of what it sees, and of its answer.
    widths : (int, int, int, int), optional
        Of its levels, finest first.
    """

    def __init__(
        self, channels: int, answer: int, widths: tuple[int, int, int, int] = WIDTHS
    ) -> None:
        super().__init__()
        fine, middle, coarse, coarsest = widths
        self.stem = nn.Conv2d(channels, fine, 1)
        self.down1 = nn.Conv2d(fine, middle, 2, stride=2)
        self.middle = Block(middle)
        self.down2 = nn.Conv2d(middle, coarse, 2, stride=2)
        self.coarse = Block(coarse)
        self.down3 = nn.Conv2d(coarse, coarsest, 2, stride=2)
        self.coarsest = Block(coarsest)
        self.up1 = nn.Conv2d(coarsest, coarse, 1)
        self.coarse_again = Block(coarse)
        self.up2 = nn.Conv2d(coarse, middle, 1)
        self.middle_again = Block(middle)
        self.up3 = nn.Conv2d(middle, fine, 1)
        self.fine = Block(fine)
        self.head = nn.Conv2d(fine, answer, 1)
        with torch.no_grad():
            self.head.weight.mul_(0.1)
            assert self.head.bias is not None
            self.head.bias.zero_()

    def forward(self, seen: Tensor) -> Tensor:
        """Return the answer, (N, answer, Y, X), for what is seen, (N, channels, Y, X)."""
        fine = functional.relu(self.stem(seen))
        middle = self.middle(self.down1(fine))
        coarse = self.coarse(self.down2(middle))
        coarsest = self.coarsest(self.down3(coarse))
        coarse = self.coarse_again(coarse + enlarged(self.up1(coarsest)))
        middle = self.middle_again(middle + enlarged(self.up2(coarse)))
        answer: Tensor = self.head(self.fine(fine + enlarged(self.up3(middle))))
        return answer
