"""Z-stacks out of napari's layers, by what layers say of themselves: napari is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from napari_mfif.arrays.axes import guess_axes, squeezed
from napari_mfif.arrays.lazy_array import as_dask
from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import multiscale
from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io.axes import letter_of
from napari_mfif.io.sizes import NO_SIZES, Sizes, plain_unit, sizes_of

__all__ = [
    "are_levels",
    "is_layer",
    "layer_axes",
    "layer_scale",
    "layer_sizes",
    "open_layers",
    "open_levels",
]


def is_layer(source: Any) -> bool:
    """Tell whether something is a layer of napari."""
    return all(hasattr(source, name) for name in ("data", "scale", "axis_labels", "metadata"))


def are_levels(source: Any) -> bool:
    """Tell whether something is a list of one image at ever coarser resolution."""
    if hasattr(source, "__array_interface__") or not isinstance(source, Sequence) or not source:
        return False
    shapes = [tuple(getattr(one, "shape", ())) for one in source]
    if any(len(shape) < 3 or len(shape) != len(shapes[0]) for shape in shapes):
        return False
    return all(
        fine != coarse and all(m >= n for m, n in zip(fine, coarse, strict=True))
        for fine, coarse in pairwise(shapes)
    )


def open_levels(levels: Sequence[Any], axes: str | None, **known: Any) -> ZStack:
    """Make a z-stack of the finest of several levels; the others serve as previews of it."""
    finest = levels[0]
    stack = ZStack.from_array(finest, axes, **known)
    if axes is None or len(axes) != len(finest.shape) or axes.upper() != stack.axes:
        return stack
    return ZStack.from_array(multiscale(finest, stack.axes, list(levels[1:])), stack.axes, **known)


def open_layers(layers: Sequence[Any], axes: str | None = None, name: str | None = None) -> ZStack:
    """Make a z-stack of one layer, or of several that are its channels.

    Parameters
    ----------
    layers : sequence of layer
        Image layers of one shape.
    axes : str, optional
        What the axes of each layer are, where their labels leave a choice.
    name : str, optional
        Name of the z-stack; otherwise that of the first layer.

    Raises
    ------
    ReadError
        A layer holds no z-stack, or the layers are not alike.
    AxesError
        The axes leave a choice.
    """
    if (stack := _as_opened(layers)) is not None:
        return stack if name is None else replace(stack, name=name)
    stacks = [_one(layer, axes) for layer in layers]
    first = stacks[0]
    if len(stacks) > 1:
        import dask.array as da

        for layer, stack in zip(layers, stacks, strict=True):
            if (stack.axes, stack.shape, stack.dtype) != (first.axes, first.shape, first.dtype):
                raise ReadError(
                    f"Layers that are channels of one z-stack have one shape and type: "
                    f"{layers[0].name} is {first.describe()}, {layer.name} is {stack.describe()}."
                )
        if "C" in first.axes:
            raise AxesError(f"{layers[0].name} has channels already: fuse it alone.")
        pixels = da.stack([as_dask(stack.pixels, stack.axes) for stack in stacks])
        names = tuple(str(layer.name) for layer in layers)
        first = ZStack.from_array(
            pixels, "C" + first.axes, name=first.name, z_step=first.z_step,
            pixel_size=first.pixel_size, unit=first.unit, channel_names=names,
        )  # fmt: skip
    return first if name is None else replace(first, name=name)


def _as_opened(layers: Sequence[Any]) -> ZStack | None:
    """Return the z-stack as our reader opened it, where the layers show it as it was."""
    notes = [layer.metadata.get("napari_mfif") for layer in layers]
    if any(
        not hasattr(note, "stack") or note.data is not _finest(layer)
        for note, layer in zip(notes, layers, strict=True)
    ):
        return None
    stack: ZStack = notes[0].stack
    channels = [note.channel for note in notes]
    if any(note.stack is not stack for note in notes[1:]):
        return None
    if channels not in ([None], list(range(stack.n_channels))):
        if len(channels) > 1:
            return None
        stack = replace(stack.only_channel(channels[0]), name=layers[0].name)
    letters = stack.axes.replace("C", "").replace("S", "")
    layer, (scale, units) = layers[0], layer_scale(stack)
    known = tuple(plain_unit(str(unit)) for unit in layer.units)
    if tuple(layer.scale) == scale and known == tuple(map(plain_unit, units)):
        return stack  # which may know less than a scale can tell, or more
    return _with_sizes(stack, layer_sizes(layer, letters))


def _one(layer: Any, axes: str | None) -> ZStack:
    data = _finest(layer)
    if not hasattr(data, "shape") or len(data.shape) < 3:
        raise ReadError(f"The layer {layer.name} holds no z-stack.")
    letters = axes.upper() if axes else layer_axes(layer)
    letters = letters or guess_axes(data.shape, data.dtype)
    levels = list(layer.data) if getattr(layer, "multiscale", False) else [data]
    stack = open_levels(levels, letters, name=str(layer.name))
    if len(letters) < len(data.shape):  # axes of length 1 are passed over
        named = dict(zip(squeezed(data.shape), letters, strict=False))
        letters = "".join(named.get(axis, "?") for axis in range(len(data.shape)))
    return _with_sizes(stack, layer_sizes(layer, letters.replace("S", "")))


def _finest(layer: Any) -> Any:
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def _with_sizes(stack: ZStack, sizes: Sizes) -> ZStack:
    same = (sizes.z_step, sizes.unit) == (stack.z_step, stack.unit)
    return replace(
        stack,
        z_step=sizes.z_step,
        pixel_size=sizes.pixel_size,
        unit=sizes.unit,
        z_positions=stack.z_positions if same else None,
    )


def layer_axes(layer: Any) -> str | None:
    """Return the letters that a layer's axis labels and its dimensions leave no doubt about."""
    colour = "S" if getattr(layer, "rgb", False) else ""
    letters = [letter_of(str(label)) for label in layer.axis_labels]
    if "T" in letters and "Z" not in letters:
        return None  # time in place of planes: ask
    named = "".join(letter or "?" for letter in letters)
    unique = "?" not in named and len(set(named)) == len(named)
    if len(letters) == 3 and not (unique and set(named) == {"Z", "Y", "X"}):
        return "ZYX" + colour
    return named + colour if unique and {"Z", "Y", "X"} <= set(named) else None


def layer_scale(stack: ZStack) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return scale and units of the layers that show a z-stack.

    They are per axis but for channel and colour; a size that is not known is that of the others.
    """
    letters = stack.axes.replace("C", "").replace("S", "")
    height, width = stack.pixel_size or (1.0, 1.0)
    lengths = {"Z": stack.z_step or height, "Y": height, "X": width}
    known = stack.unit if stack.unit and (stack.pixel_size or stack.z_step) else None
    units = tuple(known if known and letter != "T" else "pixel" for letter in letters)
    return tuple(lengths.get(letter, 1.0) for letter in letters), units


def layer_sizes(layer: Any, letters: str) -> Sizes:
    """Return z step, pixel size and unit from the layer's scale, where it has one."""
    scale = dict(zip(letters, map(float, layer.scale), strict=False))
    units = dict(zip(letters, (plain_unit(str(unit)) for unit in layer.units), strict=False))
    if units.get("X") is None and all(scale.get(letter, 1) == 1 for letter in "ZYX"):
        return NO_SIZES
    return sizes_of(*((scale.get(letter), units.get(letter)) for letter in "ZYX"))
