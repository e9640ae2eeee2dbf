"""Focus maps of two planes by the generator of MFIF-GAN (Wang, Xu, Zhang et al. 2021).

Made for what a defocused object spreads over what lies behind it. Its squeeze and excitation look
at averages over the whole plane, so nothing is cut into tiles; the network goes over a plane layer
by layer, in strips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from napari_mfif.errors import MemoryBudgetError
from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.neural.base import Trained
from napari_mfif.methods.neural.pairwise import Comparer, PairCalibration, PairwiseMethod, clipped
from napari_mfif.networks.widths import MFIF_GAN as WIDTH

if TYPE_CHECKING:
    from torch import Tensor

    from napari_mfif.networks.mfif_gan import MfifGenerator

__all__ = ["NOISE_KNOWN", "FocusMapper", "MfifGan"]

#: The network's geometry, as in `napari_mfif.networks.mfif_gan`, which imports torch.
GRID = 4
#: Noise, where planes span 0 to 1, above which planes are compared blurred: see the card.
NOISE_KNOWN = 0.02
#: Rows of maps, at a quarter of the size, that go through a layer at a time.
STRIPS = {"cpu": 32, "cuda": 512, "mps": 128}


@dataclass
class Encoded:
    """A plane, and what the encoder made of it on a device."""

    plane: FloatMap
    maps: Tensor | None = None
    device: str = ""


class FocusMapper(Comparer):
    """The generator on a device, fed in strips.

    Parameters
    ----------
    network : MfifGenerator
        In float32; it stays as it is.
    device : str, optional
        Where it runs.
    calibration : PairCalibration, optional
        What its focus maps are worth on z-stacks.
    precision, compiled
        As for `napari_mfif.networks.feeding.Feeder`.
    strip : int, optional
        Rows of maps, at a quarter of the size, that go through a layer at a time.
    """

    method: ClassVar[str] = "mfif-gan"

    def __init__(
        self,
        network: MfifGenerator,
        device: str = "cpu",
        calibration: PairCalibration | None = None,
        *,
        precision: str = "float32",
        compiled: bool = False,
        strip: int | None = None,
    ) -> None:
        super().__init__(calibration)
        self.network, self._precision, self._compiled = network, precision, compiled
        self._given_strip = strip
        self._place(device)

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> MfifGenerator:
        """Return the network that the weights are for."""
        from napari_mfif.networks.mfif_gan import MfifGenerator

        width, squeeze = int(facts.get("width", WIDTH)), facts.get("squeeze", "yes") == "yes"
        return MfifGenerator(width, squeeze=squeeze)

    def _place(self, device: str) -> None:
        from napari_mfif.networks.precision import best_precision, prepared

        self.device = device
        self.dtype = best_precision(device, self._precision, halves=())
        self._placed: Any = prepared(self.network, device, self.dtype)
        self.strip = self._given_strip or STRIPS.get(device.partition(":")[0], STRIPS["cpu"])
        if self._compiled:
            import torch

            for part in self._placed.modules():
                if isinstance(part, torch.nn.Sequential):
                    part.compile(dynamic=True)

    def __call__(self, first: FloatMap, second: FloatMap) -> FloatMap:
        """Return the focus map of the second plane; see `Comparer`."""
        margin = np.clip(self._fed(first, second, both=False), -80, 80)
        return np.asarray(1 / (1 + np.exp(-margin)), np.float32)

    def contrast(self, first: FloatMap, second: FloatMap) -> FloatMap:
        """Return the logit of the second plane minus that in the other order."""
        return self._fed(first, second, both=True)

    def encoded(self, plane: FloatMap) -> Encoded:
        """Return a plane with its maps, which are made when they are needed first."""
        return Encoded(plane)

    def logits(self, first: Encoded, second: Encoded) -> FloatMap:
        """Return the logit of the second plane; see `Comparer`."""
        return clipped(self._retreating(lambda: self._decoded(first, second)))

    def _decoded(self, first: Encoded, second: Encoded) -> FloatMap:
        import torch

        rows, columns = first.plane.shape
        with torch.inference_mode():
            maps = [self._maps(one) for one in (second, first)]
            found = self._placed.decode_in_strips(*maps, self.strip).float()
        return np.ascontiguousarray(found[0, 0, :rows, :columns].cpu().numpy(), np.float32)

    def _maps(self, one: Encoded) -> Tensor:
        """Return the encoder's maps of a plane, made once for each device."""
        if one.maps is None or one.device != self.device:
            one.maps = self._placed.encode_in_strips(self._sent(one.plane), self.strip)
            one.device = self.device
        return one.maps

    def _fed(self, first: FloatMap, second: FloatMap, *, both: bool) -> FloatMap:
        return self._retreating(lambda: self._logits(first, second, both=both))

    def _retreating(self, compute: Callable[[], FloatMap]) -> FloatMap:
        """Compute something, in smaller strips or elsewhere where memory runs out."""
        from napari_mfif.networks.device_memory import is_exhausted

        while True:
            try:
                return compute()
            except (RuntimeError, MemoryError) as error:
                if not is_exhausted(error):
                    raise
            # out of the handler, which keeps alive what filled the memory
            self._retreat()

    def _logits(self, first: FloatMap, second: FloatMap, *, both: bool) -> FloatMap:
        """Return the logit of the second plane; minus that in the other order, if `both`."""
        import torch

        rows, columns = first.shape
        with torch.inference_mode():
            maps = [
                self._placed.encode_in_strips(self._sent(plane), self.strip)
                for plane in (second, first)
            ]
            logits = self._placed.decode_in_strips(*maps, self.strip).float()
            if both:
                logits -= self._placed.decode_in_strips(*maps[::-1], self.strip).float()
        return np.ascontiguousarray(logits[0, 0, :rows, :columns].cpu().numpy(), np.float32)

    def _sent(self, plane: FloatMap) -> Tensor:
        """Send a plane to the device, reflected to whole steps of the grid."""
        import torch

        below, right = (-length % GRID for length in plane.shape)
        padded = cv2.copyMakeBorder(plane, 0, below, 0, right, cv2.BORDER_REFLECT)
        pixels = torch.from_numpy(padded - np.float32(0.5))[None, None]
        return pixels.to(self.device, self.dtype)

    def _retreat(self) -> None:
        """Halve the strips, or leave the device."""
        import torch

        from napari_mfif.networks.device_memory import leaving

        if self.strip > 8:
            self.strip //= 2
        elif self.device == "cpu":
            raise MemoryBudgetError(
                "There is not enough memory for the maps of 'mfif-gan', which cover a whole plane. "
                "Close other programs, fuse a part of the image, or use a method without a network."
            )
        else:
            leaving(self.device)
            self._place("cpu")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


class MfifGan(PairwiseMethod):
    """The focus map of the result so far and the next plane."""

    name: ClassVar[str] = "mfif-gan"
    title: ClassVar[str] = "MFIF-GAN (Wang 2021)"
    summary: ClassVar[str] = (
        "A network for two photographs of objects before a background, exact at their edges; "
        "copies the pixels of pairs, averages planes of noisy stacks. Slow without a GPU."
    )
    reference: ClassVar[str] = (
        "Wang, Xu, Zhang et al. 2021, Signal Processing: Image Communication 96, "
        "10.1016/j.image.2021.116295"
    )
    #: The paper's: small regions only (section 3.3).
    pair_verification: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {"small_regions": 0.001, "guided_radius": 0}
    )

    #: Of z-stacks, measured (see the card): more smoothing takes pixels from fine objects.
    verification: ClassVar[Mapping[str, Any]] = MappingProxyType({"smooth_depth": 4})
    noise_known: ClassVar[float] = NOISE_KNOWN
    network: ClassVar[type[Trained]] = FocusMapper

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel: ten maps, and the network's at a quarter.

        The encoder's maps of five planes are kept for votes.
        """
        return 44 + (4 + 5) * 4 * (4 * WIDTH) // GRID**2 * 4 + 32
