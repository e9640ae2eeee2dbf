"""What the methods with a network share: torch or a plain error, weights, devices.

Imported without torch; what is called here imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from napari_mfif import weights
from napari_mfif.errors import WeightsError
from napari_mfif.methods import registry
from napari_mfif.parameters import Settings

if TYPE_CHECKING:
    from torch import nn

__all__ = ["available", "need_torch", "placement", "trained"]


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


def trained(method: str, make: Callable[[], nn.Module]) -> tuple[nn.Module, dict[str, str]]:
    """Return a method's network with its shipped weights, and what their file says about itself.

    Parameters
    ----------
    method : str
        Name of the method.
    make : callable
        Gives the network, untrained.

    Raises
    ------
    WeightsError
        There are no weights, or they are damaged or another network's.
    """
    import torch

    stored = weights.load(method)
    network = make()
    # What only counts batches is not stored.
    state = {k: v for k, v in network.state_dict().items() if v.is_floating_point()}
    weights.fit(stored, {name: tuple(tensor.shape) for name, tensor in state.items()}, method)
    tensors = {name: torch.from_numpy(array.copy()) for name, array in stored.tensors.items()}
    network.load_state_dict(tensors, strict=False)
    return network.eval().requires_grad_(False), stored.facts


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
        raise WeightsError(f"device={device!r} is not there. Use device='cpu', or 'auto'.")
    return device
