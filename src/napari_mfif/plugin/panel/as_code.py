"""A fusion as text: as Python, and as a command line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.plugin.panel.fusion_thread import Request
from napari_mfif.settings.options import ALIGNMENT

__all__ = ["as_command", "as_python", "suggested_path"]


def as_python(request: Request, layers: Sequence[str], axes: str) -> str:
    """Return Python that repeats a fusion.

    Parameters
    ----------
    request : Request
        What was fused, and how.
    layers : sequence of str
        Names of the layers in napari, one per channel, for stacks that come from no file.
    axes : str
        The axes of such a layer.
    """
    given: list[str] = []
    head = ["from napari_mfif import fuse", ""]
    if request.stack.source:
        head = ["from napari_mfif import fuse, open_stack", ""]
        head.append(f"stack = open_stack({_whole(request.stack.source)!r})")
    elif len(layers) == 1:
        head.append(f"stack = viewer.layers[{layers[0]!r}]  # in napari's console")
        given.append(f"axes={axes!r}")
    else:
        head.append(f"stack = [viewer.layers[name] for name in {tuple(layers)!r}]  # its channels")
        given.append(f"axes={axes!r}")
    given.append(f"method={request.method!r}")
    if request.channel is not None:
        given.append(f"channel={request.channel!r}")
    given += [f"{name}={value!r}" for name, value in _alignment(request)]
    if request.in_view:
        given.append("lazy=True")
    if request.device != "auto":
        given.append(f"device={request.device!r}")
    given += [f"{name}={value!r}" for name, value in request.parameters.items()]
    if request.consistency:
        given.append(f"consistency={request.consistency!r}")
    lines = [*head, "fusion = fuse(", "    stack,", *(f"    {one}," for one in given), ")"]
    return "\n".join(
        [*lines, "fusion.image, fusion.height, fusion.decision, fusion.confidence", ""]
    )


def as_command(request: Request) -> str:
    """Return the command line that repeats a fusion; ``STACK.tif`` stands for an unsaved one."""
    stack = request.stack
    source = _whole(stack.source) if stack.source else "STACK.tif"
    words = ["napari-mfif", "fuse", source, "-o", suggested_path(stack)]
    words += ["--method", request.method]
    if request.channel is not None:
        words += ["--channel", str(request.channel)]
    for name, value in _alignment(request):
        words += [f"--{name}"] if value is True else [f"--{name}", value]
    if request.device != "auto":
        words += ["--device", request.device]
    for name, value in {**request.parameters, **request.consistency}.items():
        words += ["--set", f"{name}={_plain(value)}"]
    return shlex.join(words)


def _alignment(request: Request) -> list[tuple[str, Any]]:
    """Return what of the alignment differs from none."""
    values = {p.name: request.alignment.get(p.name, p.default) for p in ALIGNMENT}
    return [(p.name, values[p.name]) for p in ALIGNMENT if values[p.name] != p.default]


def suggested_path(stack: ZStack) -> str:
    """Return a file name for the all-in-focus image."""
    safe = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in stack.name)
    return f"{safe.strip() or 'stack'} in focus.ome.tif"


def _whole(path: str) -> str:
    """Return the path from the root, so that it holds wherever the text is used."""
    return str(Path(path).absolute())


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"
