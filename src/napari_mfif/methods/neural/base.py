"""What the methods with a network share: torch or a plain error, weights, devices.

Imported without torch; what is called here imports it.
"""

from __future__ import annotations

import functools
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from napari_mfif.errors import WeightsError
from napari_mfif.methods import registry
from napari_mfif.methods.base import Answer, Method, Plane, Region, Survey
from napari_mfif.networks import weights
from napari_mfif.settings.parameters import Parameter, Settings

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "SOFTNESS",
    "Calibration",
    "NeuralMethod",
    "Trained",
    "available",
    "need_torch",
    "placement",
]


#: What a file of weights calls `Trained.softness_per_noise`.
SOFTNESS = "softness_per_noise"


class Calibration:
    """What a network's answers are worth: a dataclass of numbers, kept in the file of weights."""

    #: What it is called in a file of weights, and what it was called in older ones.
    names: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, facts: Mapping[str, str]) -> Self:
        """Return what a file of weights says; its defaults where that says nothing."""
        told = next((facts[name] for name in cls.names if name in facts), "{}")
        return cls(**json.loads(told))

    def facts(self) -> dict[str, str]:
        """Return what a file of weights is to say."""
        return {self.names[0]: json.dumps(asdict(self))}  # type: ignore[call-overload]


class Trained:
    """A network on a device, and what its answers are worth.

    Its first arguments are the network, the device and the worth; ``precision`` and ``compiled`` go
    by name.
    """

    #: The method whose weights it takes.
    method: ClassVar[str]
    #: The kind of its worth.
    calibration_kind: ClassVar[type[Calibration]]
    #: Temperature of the average of a stack's planes, for a noise of 1; `None`: they are copied.
    softness_per_noise: float | None = None

    @staticmethod
    def untrained(facts: Mapping[str, str]) -> nn.Module:
        """Return the network that weights are for, whose file says this about itself."""
        raise NotImplementedError

    @classmethod
    def shipped(cls, name: str = weights.PUBLISHED) -> tuple[nn.Module, dict[str, str]]:
        """Return the network with trained weights, and what their file says about itself.

        Parameters
        ----------
        name : str, optional
            Which weights, see `napari_mfif.networks.weights.load`.

        Raises
        ------
        WeightsError
            There are no weights, or they are damaged or another network's.
        """
        import torch

        stored = weights.load(cls.method, name)
        network = cls.untrained(stored.facts)
        # What only counts batches is not stored.
        state = {k: v for k, v in network.state_dict().items() if v.is_floating_point()}
        weights.fit(stored, {name: tuple(t.shape) for name, t in state.items()}, cls.method)
        tensors = {name: torch.from_numpy(array.copy()) for name, array in stored.tensors.items()}
        network.load_state_dict(tensors, strict=False)
        return network.eval().requires_grad_(False), stored.facts

    @classmethod
    def load(
        cls,
        device: str,
        precision: str = "auto",
        compiled: bool = False,
        name: str = weights.PUBLISHED,
        **more: Any,
    ) -> Self:
        """Return it with trained weights; the same one when asked for it again.

        Parameters
        ----------
        device : str
            ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
        precision : str, optional
            See `napari_mfif.networks.feeding.Feeder`.
        compiled : bool, optional
            Have torch compile the network.
        name : str, optional
            Which weights.
        **more
            Its own arguments.

        Raises
        ------
        WeightsError
            There are no weights, they are damaged or another network's, the device is not there, or
            torch is missing.
        """
        made: Self = _loaded(cls, device, precision, compiled, name, **more)  # type: ignore[arg-type]
        return made


class NeuralMethod(Method):
    """A method whose judgement is a network's; its state takes planes and has the answer."""

    neural: ClassVar[bool] = True
    #: Its network, and those of its parameters that this is loaded with.
    network: ClassVar[type[Trained]]
    passed: ClassVar[tuple[Parameter, ...]] = ()

    def loaded(self, settings: Settings, survey: Survey) -> Any:
        """Return the network as the settings want it for a stack."""
        own = {p.name: settings.get(p.name, p.default) for p in self.passed}
        name = self._chosen(settings, survey.n_planes)
        return self.network.load(*placement(settings), name, **own)

    def softness(self, network: Trained, settings: Settings, survey: Survey) -> float | None:
        """Return the temperature at which planes are averaged; `None` where they are copied.

        It follows the noise: the planes of a clean stack are copied, those of a noisy one help one
        another.
        """
        if network.softness_per_noise is None or not self.makes_pixels(settings, survey.n_planes):
            return None
        return network.softness_per_noise * survey.noise.deviation

    def makes_pixels(self, settings: Settings, n_planes: int) -> bool:
        """Return whether planes are averaged: of z-stacks, by weights that know their softness.

        Of pairs and in sequence, whether the network makes pixels.
        """
        if n_planes == 2 or settings.get("along") == "sequential":
            return self.blends
        if settings.get("composition", "auto") != "auto":
            return False
        return SOFTNESS in weights.load(self.network.method, self._chosen(settings, n_planes)).facts

    def extra_bytes(self, n_bands: int, settings: Settings, n_planes: int) -> int:
        """Return the bytes per pixel of an average: sums, waiting planes, weights, scratch."""
        one_by_one = n_planes == 2 or settings.get("along") == "sequential"
        averaged = not one_by_one and self.makes_pixels(settings, n_planes)
        return 24 * n_bands + 16 if averaged else 0

    def _chosen(self, settings: Settings, n_planes: int) -> str:
        """Return which weights the settings want."""
        name: str = settings.get("weights", "auto")
        return self.suited(n_planes) if name == "auto" else name

    def suited(self, n_planes: int) -> str:
        """Return which weights suit so many planes."""
        there = weights.sets(self.network.method)
        of_stacks = n_planes > 2 and weights.MICROSCOPY in there
        return weights.MICROSCOPY if of_stacks else weights.PUBLISHED

    @abstractmethod
    def fold(self, network: Any, region: Region, settings: Settings, survey: Survey) -> Any:
        """Make an empty state for a network."""

    def begin(self, region: Region, settings: Settings, survey: Survey) -> Any:
        """Load the network and make an empty state."""
        return self.fold(self.loaded(settings, survey), region, settings, survey)

    def update(self, state: Any, plane: Plane) -> None:
        """Compare the plane with the best or with the result so far."""
        state.update(plane)

    def finish(self, state: Any) -> Answer:
        """Return the answer so far."""
        answer: Answer = state.answer()
        return answer


Kind = TypeVar("Kind", bound=Trained)


@functools.lru_cache(maxsize=8)
def _loaded(
    kind: type[Kind], device: str, precision: str, compiled: bool, name: str, **more: Any
) -> Kind:
    need_torch(kind.method)
    network, facts = kind.shipped(name)
    make: Callable[..., Kind] = kind
    calibration = kind.calibration_kind.of(facts)
    made = make(
        network, available(device), calibration, precision=precision, compiled=compiled, **more
    )
    made.softness_per_noise = float(facts[SOFTNESS]) if SOFTNESS in facts else None
    return made


def need_torch(method: str) -> None:
    """Make sure that torch can be imported.

    Raises
    ------
    WeightsError
        It cannot; the message says what to do.
    """
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as error:
        without = [name for name in registry.names() if not registry.get(name).neural]
        raise WeightsError(
            f"{method!r} needs PyTorch, which cannot be imported here ({error}). Install it with "
            f"'pip install torch', or use a method without a network: {', '.join(without)}."
        ) from error


def placement(settings: Settings) -> tuple[str, str, bool]:
    """Return the device, the precision, and whether torch is to compile, as the settings want."""
    return (
        settings.get("device", "cpu"),
        settings.get("precision", "float32"),
        settings.get("compile", False),
    )


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
        raise WeightsError(
            f'`device="{device}"` is not there. Use `device="cpu"`, or `device="auto"`.'
        )
    return device
