"""The convolutional focus measure of Liu, Chen, Peng and Wang (Information Fusion 36, 2017).

Three forms of one network. The *full* and the *slight* one compare two planes, as in the paper.
No non-linearity stands between their features and the two-way softmax, so a comparison
is a difference of two sums, one per plane: the *collapsed* form gives that one number per plane
and patch, `g`, and ``score(A, B) = sigmoid(g(A) - g(B))``.

Planes come as ``grey / 255 - 0.5`` in float32, (N, 1, Y, X). Convolutions are not padded: a plane
is reflected by `CONTEXT` pixels first, and patch (i, j) then covers the rows ``2 i`` to ``2 i +
15`` and the columns ``2 j`` to ``2 j + 15`` of the plane itself.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from napari_mfif.networks.quick_cnn import QuickCnn

__all__ = [
    "CONTEXT",
    "PATCH",
    "STRIDE",
    "CollapsedCnn",
    "FullCnn",
    "SlightCnn",
    "collapse",
    "count_parameters",
    "expand",
]

#: Pixels of a patch, and from one patch to the next.
PATCH = 16
STRIDE = 2
#: Pixels round a patch that the three 3 x 3 convolutions look at.
CONTEXT = 4

_MAPS = 256
_CELLS = PATCH // STRIDE


def _features() -> nn.Sequential:
    """Return the branch that both planes share: 369,664 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 64, 3),
        nn.ReLU(inplace=True),
        nn.Conv2d(64, 128, 3),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(128, _MAPS, 3),
        nn.ReLU(inplace=True),
    )


def _initialise(module: nn.Module) -> None:
    """Fill convolutions by Xavier's rule (section 3.3), the layer that reads them thinly."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            if part.kernel_size == (_CELLS, _CELLS):
                nn.init.normal_(part.weight, std=0.01)
            else:
                nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class CollapsedCnn(nn.Module):
    """One focus score per plane and patch: 386,048 parameters.

    The one 8 x 8 convolution on the 256 maps of a plane is what remains of the fully-connected
    layers when the two planes may be swapped.
    """

    #: Where grey levels come in and scores go out, half precision is too coarse.
    in_float32 = ("features.0", "head")
    #: Half precisions that change fewer than 2 in 1000 decisions, by the card.
    halves = ("bfloat16", "float16")

    def __init__(self) -> None:
        super().__init__()
        self.features = _features()
        self.head = nn.Conv2d(_MAPS, 1, _CELLS, bias=False)
        _initialise(self)

    def forward(self, planes: Tensor) -> Tensor:
        """Return `g`, (N, 1, Y', X') at stride 2: larger is sharper."""
        scores: Tensor = self.head(self.features(planes))
        return scores

    def compare(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the probability, (N, 1, Y', X'), that `first` is the sharper."""
        return torch.sigmoid(self(first) - self(second))

    def for_processor(self) -> QuickCnn:
        """Return the same for a processor, in float32 and not to be trained: twice as fast."""
        return QuickCnn(self.features, self.head)


class SlightCnn(nn.Module):
    """The paper's slight model, without its first fully-connected layer: 435,202 parameters."""

    #: Where grey levels come in and scores go out, half precision is too coarse.
    in_float32 = ("features.0", "fc")
    #: Half precisions that change fewer than 2 in 1000 decisions, by the card.
    halves = ("bfloat16", "float16")

    def __init__(self) -> None:
        super().__init__()
        #: What a file of weights says about the form.
        self.facts = {"form": "slight"}
        self.features = _features()
        self.fc = nn.Conv2d(2 * _MAPS, 2, _CELLS)
        _initialise(self)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the two logits, (N, 2, Y', X'): `first` sharper, `second` sharper."""
        logits: Tensor = self.fc(torch.cat([self.features(first), self.features(second)], dim=1))
        return logits

    def compare(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the probability, (N, 1, Y', X'), that `first` is the sharper."""
        return torch.softmax(self(first, second), dim=1)[:, :1]


class FullCnn(nn.Module):
    """The paper's full model, with both fully-connected layers: 8,759,042 parameters."""

    #: Where grey levels come in and scores go out, half precision is too coarse.
    in_float32 = ("features.0", "fc1", "fc2")
    #: Half precisions that change fewer than 2 in 1000 decisions, by the card.
    halves = ("bfloat16", "float16")

    def __init__(self) -> None:
        super().__init__()
        #: What a file of weights says about the form.
        self.facts = {"form": "full"}
        self.features = _features()
        self.fc1 = nn.Conv2d(2 * _MAPS, 256, _CELLS)
        self.fc2 = nn.Conv2d(256, 2, 1)
        _initialise(self)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the two logits, (N, 2, Y', X'): `first` sharper, `second` sharper."""
        maps = torch.cat([self.features(first), self.features(second)], dim=1)
        logits: Tensor = self.fc2(self.fc1(maps))
        return logits

    def compare(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the probability, (N, 1, Y', X'), that `first` is the sharper."""
        return torch.softmax(self(first, second), dim=1)[:, :1]


def _margin_kernels(network: FullCnn | SlightCnn) -> tuple[Tensor, Tensor]:
    """Return the two 8 x 8 kernels, (256, 8, 8), that give the margin between the two logits."""
    if isinstance(network, FullCnn):
        over = network.fc2.weight[0, :, 0, 0] - network.fc2.weight[1, :, 0, 0]
        kernel = torch.einsum("h,hcyx->cyx", over, network.fc1.weight)
    else:
        kernel = network.fc.weight[0] - network.fc.weight[1]
    return kernel[:_MAPS], kernel[_MAPS:]


@torch.no_grad()
def collapse(network: FullCnn | SlightCnn) -> CollapsedCnn:
    """Collapse a network for pairs into one score per plane.

    The margin between its logits is ``m(A, B) = a * A + b * B + c`` for the feature maps A and B
    of the planes. Its antisymmetric part, ``(m(A, B) - m(B, A)) / 2``, is ``g(A) - g(B)`` with
    ``g = (a - b) / 2``. The loss is convex in m and training shows both orders, so the
    antisymmetric network is never the worse; where ``b = -a`` and ``c = 0`` nothing changes at
    all.

    Parameters
    ----------
    network : FullCnn or SlightCnn
        It stays as it is.

    Returns
    -------
    CollapsedCnn
        In the same precision, on the same device.
    """
    first, second = _margin_kernels(network)
    collapsed = CollapsedCnn().to(first)
    collapsed.features.load_state_dict(network.features.state_dict())
    collapsed.head.weight.copy_((first - second)[None] / 2)
    return collapsed


@torch.no_grad()
def expand(network: CollapsedCnn, *, full: bool = False) -> FullCnn | SlightCnn:
    """Write a collapsed network as one of the paper's: the same comparisons, more parameters.

    Parameters
    ----------
    network : CollapsedCnn
        It stays as it is.
    full : bool, optional
        With both fully-connected layers, not one.
    """
    head = torch.cat([network.head.weight, -network.head.weight], dim=1)
    if not full:
        slight = SlightCnn().to(head)
        slight.features.load_state_dict(network.features.state_dict())
        slight.fc.weight.copy_(torch.cat([head, -head]) / 2)
        return slight
    whole = FullCnn().to(head)
    whole.features.load_state_dict(network.features.state_dict())
    for parameter in (whole.fc1.weight, whole.fc2.weight):
        parameter.zero_()
    whole.fc1.weight[0] = head[0]
    whole.fc2.weight[:, 0, 0, 0] = torch.tensor([0.5, -0.5]).to(head)
    return whole


def count_parameters(network: nn.Module) -> int:
    """Return how many numbers training may change."""
    return sum(parameter.numel() for parameter in network.parameters())
