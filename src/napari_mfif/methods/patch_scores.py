"""Focus scores of the patches of a plane, from a network that is fed in blocks.

Imported without torch; the first call of `load_scorer` imports it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif import weights
from napari_mfif.errors import WeightsError
from napari_mfif.methods.base import FloatMap

if TYPE_CHECKING:
    from napari_mfif.networks.cnn import CollapsedCnn, FullCnn, SlightCnn

__all__ = [
    "CONTEXT",
    "PATCH",
    "STRIDE",
    "PatchScorer",
    "Trust",
    "available",
    "enlarge",
    "load_scorer",
    "spread",
]

#: The network's geometry, as in `napari_mfif.networks.cnn`, which imports torch.
PATCH, STRIDE, CONTEXT = 16, 2, 4
#: Rows and columns of patches that go through the network at a time: about 60 MB of maps.
BLOCK = (64, 128)


@dataclass(frozen=True)
class Trust:
    """What scores are worth, measured on simulated z-stacks of known depth.

    Parameters
    ----------
    temperature : float
        Difference of scores at which a plane is e times less plausible.
    shares, probabilities : tuple of float
        Shares of the plausibility near the best plane, in rising order, and how probable a depth
        of that share is right within one plane.
    """

    temperature: float = 1.0
    shares: Sequence[float] = (0.0, 1.0)
    probabilities: Sequence[float] = (0.0, 1.0)


class PatchScorer:
    """A network on a device, fed in blocks so that its 256 maps never cover a whole plane.

    Parameters
    ----------
    network : CollapsedCnn, SlightCnn or FullCnn
        In evaluation mode, on the device.
    device : str
        Where it is.
    trust : Trust, optional
        What its scores are worth on z-stacks.
    """

    def __init__(
        self,
        network: CollapsedCnn | SlightCnn | FullCnn,
        device: str = "cpu",
        trust: Trust | None = None,
    ) -> None:
        self.network = network
        self.device = device
        self.trust = trust or Trust()
        self._block = BLOCK

    def __call__(self, decide: FloatMap) -> FloatMap:
        """Return `g` of all patches, (Y', X') at stride 2.

        Parameters
        ----------
        decide : float32, (Y, X)
            Grey of about 0 to 1; reflected at its borders.
        """
        patches, margins = zip(*(_patches(length) for length in decide.shape), strict=True)
        below, right = (CONTEXT + margin for margin in margins)
        padded = cv2.copyMakeBorder(
            decide, CONTEXT, below, CONTEXT, right, borderType=cv2.BORDER_REFLECT_101
        )
        scores = np.empty(patches, np.float32)
        rows, columns = self._block
        for top in range(0, patches[0], rows):
            for left in range(0, patches[1], columns):
                self._fill(scores[top : top + rows, left : left + columns], padded, top, left)
        return scores

    def confidence(self, share: FloatMap) -> FloatMap:
        """Return how probable a depth is right within one plane.

        Parameters
        ----------
        share : float32
            Part of the plausibility, 0 to 1, of the plane and its two neighbours.
        """
        table = (self.trust.shares, self.trust.probabilities)
        return np.interp(share, *table).astype(np.float32)

    @property
    def temperature(self) -> float:
        """Difference of scores at which a plane is e times less plausible."""
        return self.trust.temperature

    def _fill(self, scores: FloatMap, padded: FloatMap, top: int, left: int) -> None:
        """Score the patches of a block; a device that runs out of memory gets it in halves."""
        seen = [STRIDE * (count - 1) + PATCH + 2 * CONTEXT for count in scores.shape]
        rows, columns = STRIDE * top, STRIDE * left
        block = padded[rows : rows + seen[0], columns : columns + seen[1]]
        try:
            scores[...] = self._scores(block)
        except RuntimeError as error:
            half = scores.shape[0] // 2
            if half == 0 or "out of memory" not in str(error).lower():
                raise
            self._block = (max(1, self._block[0] // 2), self._block[1])
            self._fill(scores[:half], padded, top, left)
            self._fill(scores[half:], padded, top + half, left)

    def _scores(self, block: FloatMap) -> FloatMap:
        import torch

        with torch.inference_mode():
            planes = torch.from_numpy(block - np.float32(0.5))[None, None].to(self.device)
            if hasattr(self.network, "head"):
                scores = self.network(planes)
            else:  # a network for pairs: each comparison is a difference, here from a blank plane
                logits = self.network(planes, torch.zeros_like(planes))
                scores = logits[:, :1] - logits[:, 1:]
            return np.asarray(scores[0, 0].float().cpu().numpy(), np.float32)


def spread(scores: FloatMap, shape: tuple[int, int]) -> FloatMap:
    """Average, for each pixel, the scores of all patches that cover it (Liu et al. 2017, 3.4.1).

    Parameters
    ----------
    scores : float32, (Y', X')
        One per patch, at stride 2.
    shape : (int, int)
        Rows and columns of the plane.

    Returns
    -------
    float32
        At half the size of the plane: the patches of a 2 x 2 block of pixels are the same.
    """
    half = tuple(-(-length // STRIDE) for length in shape)
    sums, counts = _covering(scores), _covering(np.ones_like(scores))
    return np.ascontiguousarray((sums / counts)[: half[0], : half[1]])


def enlarge(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return a map of 2 x 2 blocks at the full size of a plane."""
    wide = np.repeat(np.repeat(values, STRIDE, axis=0), STRIDE, axis=1)
    return np.ascontiguousarray(wide[: shape[0], : shape[1]])


def _patches(length: int) -> tuple[int, int]:
    """Return the patches along an axis, and by how many pixels the last one stands over."""
    count = max(1, -(-length // STRIDE) - PATCH // STRIDE + 1)
    return count, STRIDE * (count - 1) + PATCH - length


def _covering(values: FloatMap) -> FloatMap:
    """Return the sum over the 8 x 8 patches that cover a block; those that are not there are 0."""
    cells = PATCH // STRIDE
    padded = cv2.copyMakeBorder(values, 0, cells - 1, 0, cells - 1, cv2.BORDER_CONSTANT, value=0)
    anchor = (cells - 1, cells - 1)
    summed: FloatMap = cv2.boxFilter(
        padded, -1, (cells, cells), anchor=anchor, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return summed


@functools.lru_cache(maxsize=4)
def load_scorer(device: str, form: str) -> PatchScorer:
    """Return the trained network of `cnn`.

    Parameters
    ----------
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    form : str
        ``"collapsed"``, ``"slight"`` or ``"full"``.

    Raises
    ------
    WeightsError
        There are no weights, they are damaged, or torch is missing.
    """
    try:
        import torch
    except (ImportError, OSError) as error:
        raise WeightsError(
            f"'cnn' needs PyTorch, which cannot be imported here ({error}). Install it with "
            "'pip install torch', or use a method without a network: adaptive, gradient, "
            "laplacian or guided."
        ) from error
    from napari_mfif.networks.cnn import CollapsedCnn, expand

    stored = weights.load("cnn")
    collapsed = CollapsedCnn()
    shapes = {name: tuple(tensor.shape) for name, tensor in collapsed.state_dict().items()}
    weights.fit(stored, shapes, "cnn")
    collapsed.load_state_dict({k: torch.from_numpy(v.copy()) for k, v in stored.tensors.items()})
    network = collapsed if form == "collapsed" else expand(collapsed, full=form == "full")
    device = available(device)
    # Channels last is the faster order of the maps on processors.
    network = network.eval().requires_grad_(False).to(device)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trust = Trust(**json.loads(stored.facts["trust"])) if "trust" in stored.facts else Trust()
    return PatchScorer(network, device, trust)


def available(device: str) -> str:
    """Return a device that is there; ``"auto"`` takes the fastest.

    Raises
    ------
    WeightsError
        It is not there.
    """
    import torch

    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(device.partition(":")[0], False):
        raise WeightsError(f"device={device!r} is not there. Use device='cpu', or 'auto'.")
    return device
