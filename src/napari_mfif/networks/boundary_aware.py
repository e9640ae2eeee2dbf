"""The residual network of boundary-aware fusion (Ma et al. 2019), for patches and dense.

A ResNet-56 in the form for small pictures (He et al. 2016, section 4.2): a 3 x 3 convolution, three
stages of nine blocks of two convolutions with 16, 32 and 64 maps, an average and two answers. It
sees two planes as the two channels of one picture and says from which one the *centre* of a
64 x 64 patch should be taken.

The dense form answers for a window of 64 x 64 pixels every 4 pixels. Given one patch it does what
the network for patches does. Within a larger picture nothing tells it any longer where a patch
ends: the patch's own zero padding did, and with that where its centre is. So in place of the plain
average the dense form weights the 16 x 16 cells of a window, by weights that begin as the average.

Planes come as ``grey - 0.5``, (N, 2, Y, X).
"""

from __future__ import annotations

import copy
from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

__all__ = [
    "BLOCKS",
    "CONTEXT",
    "PATCH",
    "STRIDE",
    "BoundaryAware",
    "DenseResNet",
    "PatchResNet",
    "begin_with_energies",
    "dense",
    "without_norms",
]

#: Pixels of a patch, and from one window of the dense form to the next.
PATCH = 64
STRIDE = 4
#: Blocks per stage: 6 * 9 + 2 = 56 layers.
BLOCKS = 9
#: Batches after which the normalisations stay as they are.
SETTLED = 10
#: Pixels round a window that its answer depends on.
CONTEXT = 124

_MAPS = (16, 32, 64)
_CELLS = PATCH // STRIDE
#: Where grey levels come in and scores go out, half precision is too coarse.
_IN_FLOAT32 = ("features.conv", "head")


class Norm(nn.BatchNorm2d):
    """Normalises by the mean and variance of the first `SETTLED` batches; they stay then.

    A batch here is a few large crops. Normalised by itself it would be told apart more easily than
    a single picture ever is, and the network would rely on that.
    """

    def __init__(self, maps: int) -> None:
        super().__init__(maps, momentum=None)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of about unit variance, scaled and shifted as learnt."""
        counted = self.num_batches_tracked
        if self.training and counted is not None and int(counted) < SETTLED:
            return super().forward(maps)
        return functional.batch_norm(
            maps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


class Block(nn.Module):
    """Two 3 x 3 convolutions round which the input goes too (He et al. 2016, figure 2)."""

    def __init__(self, before: int, maps: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, maps, 3, stride, 1, bias=False)
        self.norm1: nn.Module = Norm(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.norm2: nn.Module = Norm(maps)
        self.stride, self.more = stride, maps - before

    def forward(self, maps: Tensor) -> Tensor:
        """Return as many maps as the block has, at its stride."""
        made = functional.relu(self.norm1(self.conv1(maps)), inplace=True)
        made = self.norm2(self.conv2(made))
        if self.stride > 1 or self.more:
            # The shortcut without parameters ("option A"): every other pixel, new maps zero.
            maps = maps[:, :, :: self.stride, :: self.stride]
            maps = functional.pad(maps, (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return functional.relu(made + maps, inplace=True)


class Features(nn.Module):
    """All but the last layer: 64 maps at a quarter of the size."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, _MAPS[0], 3, 1, 1, bias=False)
        self.norm: nn.Module = Norm(_MAPS[0])
        layers = OrderedDict[str, nn.Module]()
        before = _MAPS[0]
        for stage, maps in enumerate(_MAPS):
            for number in range(blocks):
                stride = 2 if stage and number == 0 else 1
                layers[f"stage{stage + 1}_{number + 1}"] = Block(before, maps, stride)
                before = maps
        self.blocks = nn.Sequential(layers)

    def forward(self, planes: Tensor) -> Tensor:
        """Return the maps, (N, 64, Y / 4, X / 4)."""
        first = functional.relu(self.norm(self.conv(planes)), inplace=True)
        maps: Tensor = self.blocks(first)
        return maps


def _initialise(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)


class PatchResNet(nn.Module):
    """The paper's network, for patches: 852,354 parameters with nine blocks per stage.

    Parameters
    ----------
    blocks : int, optional
        Blocks per stage; the network has ``6 * blocks + 2`` layers.
    """

    def __init__(self, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.features = Features(blocks)
        self.fc = nn.Linear(_MAPS[-1], 2)
        _initialise(self)

    def forward(self, patches: Tensor) -> Tensor:
        """Return the logits, (N, 2), of (N, 2, 64, 64): first plane sharp, second plane sharp."""
        logits: Tensor = self.fc(self.features(patches).mean(dim=(2, 3)))
        return logits


class DenseResNet(nn.Module):
    """The same for every window of 64 x 64 pixels, every 4 pixels: 884,994 parameters.

    Parameters
    ----------
    blocks : int, optional
        Blocks per stage.
    """

    in_float32 = _IN_FLOAT32

    def __init__(self, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.features = Features(blocks)
        self.head = Window(_MAPS[-1], 2, _CELLS)
        _initialise(self)

    def forward(self, planes: Tensor) -> Tensor:
        """Return the logits, (N, 2, Y / 4 - 15, X / 4 - 15), of (N, 2, Y, X).

        Those at (i, j) belong to the window whose first pixel is (4 i, 4 j).
        """
        logits: Tensor = self.head(self.features(planes))
        return logits


class Window(nn.Module):
    """A weighted average over a square of cells, then a sum over maps; at first all weigh alike.

    Parameters
    ----------
    maps, answers : int
        What comes in and what goes out.
    side : int
        Cells of the square's side.
    """

    def __init__(self, maps: int, answers: int, side: int) -> None:
        super().__init__()
        fc = nn.Linear(maps, answers)
        # Half of the division by the number of cells stays outside: so they learn as fast as the
        # other weights.
        self.weight = nn.Parameter(_alike(fc.weight, side) / side)
        self.bias = nn.Parameter(fc.bias.detach().clone())

    def forward(self, maps: Tensor) -> Tensor:
        """Return the answers for all places at which the square fits."""
        return functional.conv2d(maps, self.weight / self.weight.shape[2], self.bias)


def _alike(weight: Tensor, side: int) -> Tensor:
    return weight.detach()[:, :, None, None].repeat(1, 1, side, side)


class BoundaryAware(nn.Module):
    """Both networks: the initial one, and the one for places near a boundary.

    Parameters
    ----------
    blocks : int, optional
        Blocks per stage of either.
    """

    in_float32 = tuple(f"{part}.{n}" for part in ("initial", "boundary") for n in _IN_FLOAT32)

    def __init__(self, blocks: int = BLOCKS) -> None:
        super().__init__()
        self.initial = DenseResNet(blocks)
        self.boundary = DenseResNet(blocks)

    def forward(self, planes: Tensor) -> Tensor:
        """Return the logits of the initial network."""
        logits: Tensor = self.initial(planes)
        return logits


@torch.no_grad()
def begin_with_energies(network: DenseResNet) -> DenseResNet:
    """Set first weights that compare the fine detail of two planes, and return the network.

    Half of the first maps look at one plane, half in the same way at the other, all without the
    mean; the blocks add nothing yet; and the answers are the differences of the maps' averages.
    From random weights a network this deep takes long to find that out.
    """
    first = network.features.conv.weight
    half = len(first) // 2
    first -= first.mean(dim=(2, 3), keepdim=True)
    first[half:, 1] = first[:half, 0]
    first[half:, 0] = 0
    first[:half, 1] = 0
    for part in network.modules():
        if isinstance(part, Block) and isinstance(part.norm2, nn.BatchNorm2d):
            nn.init.zeros_(part.norm2.weight)
    head = network.head.weight
    passed = (_MAPS[-1] - _MAPS[0]) // 2  # where the shortcuts lead the first maps
    head.zero_()
    head[0, passed : passed + half] = 0.5 / head.shape[2]
    head[0, passed + half : passed + 2 * half] = -0.5 / head.shape[2]
    head[1] = -head[0]
    network.head.bias.zero_()
    return network


@torch.no_grad()
def dense(network: PatchResNet) -> DenseResNet:
    """Return the dense form of a network for patches, all cells weighing alike."""
    made = DenseResNet(BLOCKS).to(network.fc.weight)
    made.features = copy.deepcopy(network.features)
    made.head.weight.copy_(_alike(network.fc.weight, _CELLS) / _CELLS)
    made.head.bias.copy_(network.fc.bias)
    return made.train(network.training)


@torch.no_grad()
def without_norms(network: DenseResNet) -> DenseResNet:
    """Return a trained network whose normalisations are part of its convolutions: the same, faster.

    Parameters
    ----------
    network : DenseResNet
        It stays as it is.
    """
    made = copy.deepcopy(network).eval()
    for part in made.modules():
        for conv, norm in (("conv", "norm"), ("conv1", "norm1"), ("conv2", "norm2")):
            given = getattr(part, conv, None), getattr(part, norm, None)
            if isinstance(given[0], nn.Conv2d) and isinstance(given[1], nn.BatchNorm2d):
                setattr(part, conv, fuse_conv_bn_eval(given[0], given[1]))
                setattr(part, norm, nn.Identity())
    return made
