"""Two residual networks for two planes, one of them for what lies near a boundary: Ma et al. 2019.

The first network scores windows of 64 x 64 pixels by their centres. Where the scores round a place
are mixed the second takes over, that has learnt from such windows alone. More than two planes vote.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.neural.base import Trained
from napari_mfif.methods.neural.pairwise import Comparer, PairCalibration, PairwiseMethod
from napari_mfif.settings.parameters import Parameter

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.boundary_aware import BoundaryAware as Networks

__all__ = ["BAND", "BoundaryAware", "WindowComparer", "band"]

#: From one score to the next, as in `napari_mfif.networks.boundary_aware`, which imports torch.
STRIDE = 4
#: Mean scores between which a place is near a boundary (equation 2).
BAND = (0.2, 0.8)
#: Scores to either side of one that its mean is taken over (equation 1; the paper does not say).
REACH = 2

REFINE = Parameter(
    "refine",
    bool,
    True,
    "Ask the second network near the boundaries between what is taken from either plane.",
    advanced=True,
)


class WindowComparer(Comparer):
    """Both networks on a device, fed in blocks.

    Parameters
    ----------
    networks : napari_mfif.networks.boundary_aware.BoundaryAware
        In float32; they stay as they are.
    device : str, optional
        Where they run.
    calibration : PairCalibration, optional
        What the focus maps are worth on z-stacks.
    precision, compiled, block
        As for `napari_mfif.networks.feeding.Feeder`.
    refine : bool, optional
        Ask the second network near boundaries.
    """

    method: ClassVar[str] = "boundary-aware"

    def __init__(
        self,
        networks: Networks,
        device: str = "cpu",
        calibration: PairCalibration | None = None,
        *,
        precision: str = "float32",
        compiled: bool = False,
        refine: bool = True,
        block: tuple[int, int] | None = None,
    ) -> None:
        from napari_mfif.networks.boundary_aware import without_norms
        from napari_mfif.networks.window_feeding import WindowFeeder

        super().__init__(calibration)
        self.refine = refine
        self.initial, self.boundary = (
            WindowFeeder(
                without_norms(network),
                device=device,
                precision=precision,
                compiled=compiled,
                block=block,
                run=_first_score,
            )
            for network in (networks.initial, networks.boundary)
        )

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> Networks:
        """Return the networks that the weights are for."""
        from napari_mfif.networks.boundary_aware import BoundaryAware as Networks

        return Networks()

    def __call__(self, first: FloatMap, second: FloatMap) -> FloatMap:
        """Return the focus map of the second plane; see `Comparer`."""
        planes = np.stack([first, second]) - np.float32(0.5)
        scores = self.initial.windows(planes)[0]
        if self.refine:
            near = band(scores)
            if near.any():
                np.copyto(scores, self.boundary.windows(planes, where=near)[0], where=near)
        at_pixels = _at_pixels(scores, (first.shape[0], first.shape[1]))
        return np.clip(1 - at_pixels, 0, 1)  # interpolation may round to more than 1


def band(scores: FloatMap) -> NDArray[np.bool_]:
    """Return where scores are near a boundary: their mean round about is neither low nor high.

    Parameters
    ----------
    scores : float32, (Y', X')
        How probable it is that the first plane is in focus, every `STRIDE` pixels.
    """
    side = 2 * REACH + 1
    mean = cv2.blur(scores, (side, side), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray((mean > BAND[0]) & (mean < BAND[1]))


def _at_pixels(scores: FloatMap, shape: tuple[int, int]) -> FloatMap:
    """Interpolate scores that belong to the corners of 4 x 4 pixels."""
    size = (STRIDE * scores.shape[1], STRIDE * scores.shape[0])
    wide = cv2.resize(scores, size, None, 0, 0, cv2.INTER_LINEAR)
    half = STRIDE // 2
    return np.asarray(wide[half : half + shape[0], half : half + shape[1]], np.float32)


def _first_score(network: Any, planes: Tensor) -> Tensor:
    """Return how probable it is that the first plane is in focus."""
    logits = network(planes).float()
    score: Tensor = (logits[:, :1] - logits[:, 1:]).sigmoid()
    return score


class BoundaryAware(PairwiseMethod):
    """Scores of two planes, refined near boundaries."""

    name: ClassVar[str] = "boundary-aware"
    title: ClassVar[str] = "Boundary aware (Ma 2019)"
    summary: ClassVar[str] = (
        "Two deep networks for two photographs, one for the edges of objects; copies the pixels "
        "of pairs, averages planes of noisy stacks. Slow without a GPU."
    )
    reference: ClassVar[str] = "Ma, Zhang, Liu, Liao 2019, arXiv:1904.00198"
    parameters: ClassVar[tuple[Parameter, ...]] = (REFINE,)
    #: The paper's: small regions as in `cnn`, and no guided filter (section 2.3).
    pair_verification: ClassVar[Mapping[str, Any]] = MappingProxyType({"guided_radius": 0})
    network: ClassVar[type[Trained]] = WindowComparer
    passed: ClassVar[tuple[Parameter, ...]] = (REFINE,)

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: six maps, and both planes as they are fed."""
        return 28 + 32
