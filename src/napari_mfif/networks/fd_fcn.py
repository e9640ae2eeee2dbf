"""The fully convolutional focus detector FD-FCN (Guo et al. 2020).

Three modules of three 3 x 3 convolutions and a 2 x 2 maximum; what the last one gives is enlarged
and joins what the second gives, that is enlarged and joins what the first gives, 1 x 1 convolutions
reducing the maps each time (section 3.2, figure 1). The answer is one number per 2 x 2 pixels, the
logit of the paper's score: larger is sharper. The paper does not say how many maps its layers have;
here they are 16, 32 and 64.

Planes come as ``grey - 0.5`` in float32, (N, 1, Y, X), both sides a multiple of `GRID`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CONTEXT", "GRID", "STRIDE", "FdFcn"]

#: Pixels from one number of the answer to the next, and of the coarsest maps.
STRIDE = 2
GRID = 8
#: Pixels round those of a number that it depends on.
CONTEXT = 40


def _module(before: int, maps: int) -> nn.Sequential:
    """Return three convolutions and a maximum."""
    layers: list[nn.Module] = []
    for inputs in (before, maps, maps):
        layers += [nn.Conv2d(inputs, maps, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def _reduction(before: int, maps: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, maps, 1), nn.ReLU(inplace=True))


class FdFcn(nn.Module):
    """One focus score per plane and 2 x 2 pixels: 123,953 parameters with these maps.

    Parameters
    ----------
    maps : (int, int, int), optional
        Of the three modules.
    bands : int, optional
        Of a plane: 1 for grey, 3 for colour as published.
    """

    #: Where grey levels come in and scores go out, half precision is too coarse.
    in_float32 = ("module1.0", "score")
    #: Half precisions that change fewer than 2 in 1000 decisions, by the card.
    halves = ("float16",)

    def __init__(self, maps: tuple[int, int, int] = (16, 32, 64), bands: int = 1) -> None:
        super().__init__()
        self.bands = bands
        #: What a file of weights says about the form.
        self.facts = {} if bands == 1 else {"bands": str(bands)}
        self.module1 = _module(bands, maps[0])
        self.module2 = _module(maps[0], maps[1])
        self.module3 = _module(maps[1], maps[2])
        self.reduce3 = _reduction(maps[2], maps[1])
        self.reduce2 = _reduction(2 * maps[1], maps[0])
        self.reduce1 = _reduction(2 * maps[0], maps[0])
        self.score = nn.Conv2d(maps[0], 1, 1)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
                if part.bias is not None:
                    nn.init.zeros_(part.bias)

    def forward(self, planes: Tensor) -> Tensor:
        """Return the logits of the scores, (N, 1, Y / 2, X / 2); grey counts for all bands."""
        planes = planes.expand(-1, self.bands, -1, -1)
        pool1 = self.module1(planes)
        pool2 = self.module2(pool1)
        pool3 = self.module3(pool2)
        fuse1 = self.reduce2(torch.cat([_enlarged(self.reduce3(pool3)), pool2], dim=1))
        fuse2 = self.reduce1(torch.cat([_enlarged(fuse1), pool1], dim=1))
        logits: Tensor = self.score(fuse2)
        return logits


def _enlarged(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
