"""What somebody has at hand already: z-stacks, layers, labelled arrays, levels, arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import AxesError
from napari_mfif.io.labelled import is_labelled, open_labelled
from napari_mfif.io.layers import are_levels, is_layer, open_layers, open_levels

__all__ = ["open_in_memory"]


def open_in_memory(source: Any, axes: str | None, name: str | None) -> ZStack:
    """Make a z-stack of what is no file.

    Parameters
    ----------
    source : ZStack, layer, list of layers, array, or list of levels
        What `open_stack` takes besides files.
    axes, name : str, optional
        As for `open_stack`.

    Raises
    ------
    ReadError
        It is no image.
    AxesError
        Its axes leave a choice.
    """
    if isinstance(source, ZStack):
        return _renamed(source, axes)
    layers = [source] if is_layer(source) else source
    if isinstance(layers, Sequence) and all(map(is_layer, layers)):
        return open_layers(layers, axes, name)
    if is_labelled(source):
        return open_labelled(source, axes, name)
    known = {} if name is None else {"name": name}
    if are_levels(source):
        return open_levels(source, axes, **known)
    return ZStack.from_array(source, axes, **known)


def _renamed(stack: ZStack, axes: str | None) -> ZStack:
    """Return a z-stack whose axes are known already.

    Raises
    ------
    AxesError
        Others are given.
    """
    if axes is not None and axes.upper() != stack.axes:
        raise AxesError(
            f'{stack.name} has the axes {stack.axes} already; `axes="{axes}"` cannot change '
            "them: say what they are where it is opened."
        )
    return stack
