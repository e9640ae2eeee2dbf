"""Focus scores of the patches of a plane, from a network that is fed in blocks.

Imported without torch; `PatchScorer` imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.plane_scores import TIE, Scorer, Trust

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.cnn import CollapsedCnn, FullCnn, SlightCnn

__all__ = [
    "CONTEXT",
    "PATCH",
    "STRIDE",
    "PatchScorer",
    "Trust",
    "enlarge",
    "spread",
]

#: The network's geometry, as in `napari_mfif.networks.cnn`, which imports torch.
PATCH, STRIDE, CONTEXT = 16, 2, 4


class PatchScorer(Scorer):
    """A network on a device, fed in blocks so that its 256 maps never cover a whole plane.

    Parameters
    ----------
    network : CollapsedCnn, SlightCnn or FullCnn
        In float32; it stays as it is.
    device : str, optional
        Where it runs.
    worth : Trust, optional
        What its scores are worth on z-stacks.
    precision : str, optional
        See `napari_mfif.networks.feeding.Feeder`.
    compiled : bool, optional
        Have torch compile the network.
    form : str, optional
        How a collapsed network is written: ``"collapsed"``, ``"slight"`` or ``"full"``.
    """

    method: ClassVar[str] = "cnn"

    def __init__(
        self,
        network: CollapsedCnn | SlightCnn | FullCnn,
        device: str = "cpu",
        worth: Trust | None = None,
        *,
        precision: str = "float32",
        compiled: bool = False,
        form: str = "collapsed",
    ) -> None:
        from napari_mfif.networks.cnn import CollapsedCnn, expand
        from napari_mfif.networks.feeding import Feeder

        super().__init__(worth)
        if form != "collapsed" and isinstance(network, CollapsedCnn):
            network = expand(network, full=form == "full")
        self.feeder = Feeder(
            network,
            device=device,
            precision=precision,
            context=(CONTEXT, PATCH - STRIDE + CONTEXT),
            stride=STRIDE,
            compiled=compiled,
            run=_scores,
        )

    @staticmethod
    def untrained() -> CollapsedCnn:
        """Return the network that the weights are for."""
        from napari_mfif.networks.cnn import CollapsedCnn

        return CollapsedCnn()

    def __call__(self, decide: FloatMap) -> FloatMap:
        """Return `g` of all patches, (Y', X') at stride 2.

        Parameters
        ----------
        decide : float32, (Y, X)
            Grey of about 0 to 1; reflected at its borders.
        """
        rows, columns = (_patches(length) for length in decide.shape)
        scores: FloatMap = self.feeder(decide[None] - np.float32(0.5), cells=(rows, columns))[0]
        return scores

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
        weight = spread(1 / (1 + np.exp(np.clip(-margin, -80, 80))), shape)
        # Sure patches that are equally many on both sides: the surer ones decide, in any order.
        tied = np.abs(weight - 0.5) < TIE
        weight = np.where(tied, 0.5 + TIE * np.sign(spread(margin, shape)), weight)
        return np.asarray(enlarge(weight.astype(np.float32), shape))


def _scores(network: Any, planes: Tensor) -> Tensor:
    """Return the scores of a block, whichever form the network has."""
    if hasattr(network, "head"):
        scores: Tensor = network(planes)
        return scores
    # a network for pairs: each comparison is a difference, here from a blank plane
    logits = network(planes, planes.new_zeros(planes.shape)).float()
    margins: Tensor = logits[:, :1] - logits[:, 1:]
    return margins


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
