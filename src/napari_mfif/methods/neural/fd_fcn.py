"""A trained judge of sharpness that answers per pixel: FD-FCN of Guo et al. 2020.

The network sees one plane, so planes need one pass each and may come in any order. Of two planes
the one with the larger score is taken, and the edges of the decision are fitted to the image.
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
from napari_mfif.methods.neural.scoring import TIE, Scorer, ScoringMethod

if TYPE_CHECKING:
    from napari_mfif.networks.fd_fcn import FdFcn as Network

__all__ = ["FdFcn", "MapScorer"]

#: The network's geometry, as in `napari_mfif.networks.fd_fcn`, which imports torch.
STRIDE, GRID, CONTEXT = 2, 8, 40


class MapScorer(Scorer):
    """The network on a device; its scores are logits, one for each 2 x 2 pixels."""

    method: ClassVar[str] = "fd-fcn"
    feeding: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"context": CONTEXT, "stride": STRIDE, "grid": GRID}
    )

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> Network:
        """Return the network that the weights are for."""
        from napari_mfif.networks.fd_fcn import FdFcn as Network

        return Network(bands=int(facts.get("bands", 1)))

    def compared(self, scores: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return the logits at the full size of the plane, interpolated (section 3.2)."""
        wide: FloatMap = cv2.resize(
            scores,
            (STRIDE * scores.shape[1], STRIDE * scores.shape[0]),
            None,
            0,
            0,
            cv2.INTER_LINEAR,
        )
        return np.ascontiguousarray(wide[: shape[0], : shape[1]])

    def map_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the size of the plane itself."""
        return shape

    def enlarged(self, values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """Return the map as it is."""
        return values

    def focus_map(self, first: FloatMap, second: FloatMap, shape: tuple[int, int]) -> FloatMap:
        """Return the logistic function of the difference: above one half where the second wins.

        The paper takes the first plane where its score is not the smaller (eq. 3 and 4); scores
        and their logits decide alike, but for the interpolation between them.
        """
        margin = np.clip(self.compared(second - first, shape), -80, 80)
        weight = 1 / (1 + np.exp(-margin))
        # Far from one half it may round to it.
        return np.asarray(np.where(margin > 0, np.maximum(weight, 0.5 + TIE), weight), np.float32)


class FdFcn(ScoringMethod):
    """Focus scores of a fully convolutional network; the best plane wins, or the result so far."""

    name: ClassVar[str] = "fd-fcn"
    title: ClassVar[str] = "FD-FCN (Guo 2020)"
    summary: ClassVar[str] = (
        "A small trained judge of sharpness, pixel by pixel; copies the pixels of pairs, averages "
        "planes of noisy stacks. Faster than CNN."
    )
    reference: ClassVar[str] = (
        "Guo et al. 2020, Frontiers of Information Technology & Electronic Engineering 21, "
        "10.1631/FITEE.1900336"
    )
    #: The paper's: holes, then a guided filter (sections 3.4 and 4.2.1).
    pair_verification: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"small_regions": 0.0, "holes": 0.01, "guided_radius": 8, "guided_epsilon": 0.32}
    )
    #: What the network sees, and the cell that a pixel is interpolated from besides its own.
    tile_halo: ClassVar[int] = CONTEXT + GRID
    stride: ClassVar[int] = GRID
    network: ClassVar[type[Trained]] = MapScorer

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: maps at full size, and the network's own."""
        return 64
