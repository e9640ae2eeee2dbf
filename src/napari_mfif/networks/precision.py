"""The number format in which a network runs on a device."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["HALVES", "best_precision", "prepared"]

#: Half precisions, the better one for hardware that has both first.
HALVES = ("bfloat16", "float16")
PRECISIONS: dict[str, torch.dtype] = {name: getattr(torch, name) for name in ("float32", *HALVES)}


def best_precision(
    device: str,
    wanted: str = "auto",
    halves: Collection[str] = HALVES,
    *,
    has_quick_form: bool = False,
) -> torch.dtype:
    """Return the precision a network runs in on a device.

    Parameters
    ----------
    device : str
        As torch calls it.
    wanted : str, optional
        ``"auto"``: half precision where the hardware computes in it, bfloat16 before float16.
    halves : collection of str, optional
        The half precisions that may be chosen: those that leave a network's decisions alone.
    has_quick_form : bool, optional
        Whether the network has a form of its own for processors in float32: only those with units
        for matrices (AMX) are faster in bfloat16 (measured by ``python -m benchmarks.cnn_ways``).
    """
    if wanted != "auto":
        return PRECISIONS[wanted]
    kind = torch.device(device).type
    native: tuple[str, ...] = ()
    if kind == "cuda":
        both = torch.cuda.is_bf16_supported(including_emulation=False)
        native = HALVES if both else ("float16",)
    elif kind == "cpu" and _processor_gains_by_bfloat16(has_quick_form):
        native = ("bfloat16",)
    return PRECISIONS[next((half for half in native if half in halves), "float32")]


def _processor_gains_by_bfloat16(has_quick_form: bool) -> bool:
    asked = ["_is_amx_tile_supported"]
    if not has_quick_form:
        asked.append("_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, bool)() for name in asked)


def prepared(network: nn.Module, device: str, dtype: torch.dtype) -> nn.Module:
    """Return a copy on the device, in its precision and in its favourite order of the axes."""
    network = copy.deepcopy(network).eval().requires_grad_(False)
    if dtype != torch.float32:
        network = network.to(dtype)
        for name in getattr(network, "in_float32", ()):
            network.get_submodule(name).float()
        for layer in network.modules():
            if next(layer.parameters(recurse=False), None) is not None:
                layer.register_forward_pre_hook(_to_own_precision)
    network = network.to(device)
    if torch.device(device).type in ("cpu", "cuda"):
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _to_own_precision(layer: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    dtype = next(layer.parameters(recurse=False)).dtype
    return tuple(
        item.to(dtype) if isinstance(item, Tensor) and item.is_floating_point() else item
        for item in given
    )
