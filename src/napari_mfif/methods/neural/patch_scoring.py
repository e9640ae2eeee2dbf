"""Focus scores of the patches of a plane, from a network that is fed in blocks.

Imported without torch; `PatchScorer` imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.neural.scoring import TIE, ScoreCalibration, Scorer

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.cnn import CollapsedCnn, FullCnn, SlightCnn

__all__ = [
    "CONTEXT",
    "PATCH",
    "STRIDE",
    "PatchScorer",
    "ScoreCalibration",
    "enlarge",
    "spread",
]

#: The network's geometry, as in `napari_mfif.networks.cnn`, which imports torch.
PATCH, STRIDE, CONTEXT = 16, 2, 4


def _scores(network: Any, planes: Tensor) -> Tensor:
    """Return the scores of a block, whichever form the network has."""
    if hasattr(network, "head"):
        scores: Tensor = network(planes)
        return scores
    # a network for pairs: each comparison is a difference, here from a blank plane
    logits = network(planes, planes.new_zeros(planes.shape)).float()
    margins: Tensor = logits[:, :1] - logits[:, 1:]
    return margins


class PatchScorer(Scorer):
    """A network on a device, fed in blocks so that its 256 maps never cover a whole plane.

    Its scores are `g` of all patches, at stride 2.

    Parameters
    ----------
    network : CollapsedCnn, SlightCnn or FullCnn
        In float32; it stays as it is. Of one that sees two planes the part counts that does not
        depend on their order.
    device, worth, precision, compiled
        As for `Scorer`.
    form : str, optional
        How a collapsed network is written: ``"collapsed"``, ``"slight"`` or ``"full"``.
    """

    method: ClassVar[str] = "cnn"
    feeding: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"context": (CONTEXT, PATCH - STRIDE + CONTEXT), "stride": STRIDE, "run": _scores}
    )

    def __init__(
        self,
        network: CollapsedCnn | SlightCnn | FullCnn,
        device: str = "cpu",
        calibration: ScoreCalibration | None = None,
        *,
        form: str = "collapsed",
        **computing: Any,
    ) -> None:
        from napari_mfif.networks.cnn import CollapsedCnn, collapse, expand

        single = network if isinstance(network, CollapsedCnn) else collapse(network)
        network = single if form == "collapsed" else expand(single, full=form == "full")
        super().__init__(network, device, calibration, **computing)

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> CollapsedCnn | SlightCnn | FullCnn:
        """Return the network that the weights are for."""
        from napari_mfif.networks.cnn import CollapsedCnn, FullCnn, SlightCnn

        if facts.get("form") == "full":
            return FullCnn()
        return SlightCnn() if facts.get("form") == "slight" else CollapsedCnn()

    def cells(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Return how many patches cover a plane."""
        return _patches(shape[0]), _patches(shape[1])

    def compared(self, scores: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return for each block of 2 x 2 pixels the mean of the patches that cover it."""
        return spread(scores, shape)

    def map_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return half the size of the plane."""
        return -(-shape[0] // STRIDE), -(-shape[1] // STRIDE)

    def enlarged(self, values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """Return a map of 2 x 2 blocks at the full size of a plane."""
        return enlarge(values, shape)

    def focus_map(self, first: FloatMap, second: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return the paper's focus map (3.4.1), of the second plane."""
        margin = second - first
        chances = spread(1 / (1 + np.exp(np.clip(-margin, -80, 80))), shape)
        weight = np.clip(chances, 0, 1)  # a mean by running sums may round to less or more
        # Sure patches that are equally many on both sides: the surer ones decide, in any order.
        tied = np.abs(weight - 0.5) < TIE
        weight = np.where(tied, 0.5 + TIE * np.sign(spread(margin, shape)), weight)
        return np.asarray(enlarge(weight.astype(np.float32), shape))


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


def _patches(length: int) -> int:
    """Return how many patches cover an axis."""
    return max(1, -(-length // STRIDE) - PATCH // STRIDE + 1)


def _covering(values: FloatMap) -> FloatMap:
    """Return the sum over the 8 x 8 patches that cover a block; those that are not there are 0."""
    cells = PATCH // STRIDE
    padded = cv2.copyMakeBorder(values, 0, cells - 1, 0, cells - 1, cv2.BORDER_CONSTANT, value=0)
    anchor = (cells - 1, cells - 1)
    summed: FloatMap = cv2.boxFilter(
        padded, -1, (cells, cells), anchor=anchor, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return summed
