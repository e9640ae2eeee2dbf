"""A trained judge of sharpness: the convolutional network of Liu, Chen, Peng and Wang 2017.

The network gives one number per plane and 16 x 16 patch, so planes need one pass each and may come
in any order. For two planes the answer is the paper's focus map.
"""

from __future__ import annotations

from typing import ClassVar

from napari_mfif.methods.neural.base import Trained
from napari_mfif.methods.neural.patch_scoring import CONTEXT, PATCH, STRIDE, PatchScorer
from napari_mfif.methods.neural.scoring import ScoringMethod
from napari_mfif.settings.options import SMOOTH_ALONG_Z
from napari_mfif.settings.parameters import Parameter

__all__ = ["Cnn"]

FORM = Parameter(
    "form",
    str,
    "collapsed",
    "How the network is written; all forms compare alike, the collapsed one is the fastest.",
    choices=("collapsed", "slight", "full"),
    advanced=True,
)


class Cnn(ScoringMethod):
    """Focus scores of a convolutional network; the best plane wins, or the result so far."""

    name: ClassVar[str] = "cnn"
    title: ClassVar[str] = "CNN (Liu 2017)"
    summary: ClassVar[str] = (
        "A trained judge of sharpness; copies the pixels of pairs, averages planes of noisy "
        "stacks. Best for two photographs; slow without a GPU."
    )
    reference: ClassVar[str] = (
        "Liu, Chen, Peng, Wang 2017, Information Fusion 36, 10.1016/j.inffus.2016.12.001"
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (SMOOTH_ALONG_Z, FORM)
    #: A pixel asks for all patches that cover it, and these for their context.
    tile_halo: ClassVar[int] = PATCH + CONTEXT
    stride: ClassVar[int] = STRIDE
    network: ClassVar[type[Trained]] = PatchScorer
    passed: ClassVar[tuple[Parameter, ...]] = (FORM,)

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: maps at half the size, and padded planes."""
        return 32
