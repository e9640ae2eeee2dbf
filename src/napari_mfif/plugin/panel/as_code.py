"""A fusion as text: as Python, and as a command line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from napari_mfif import methods
from napari_mfif.arrays.parts import planes_in_words
from napari_mfif.arrays.stack import ZStack
from napari_mfif.io.zarr_store import is_address
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.origin import Origin
from napari_mfif.settings.options import HEIGHTS, REFERENCE
from napari_mfif.settings.recipe import Recipe

__all__ = ["RECIPE", "UNSAVED", "as_command", "as_python", "suggested_path", "why_not"]

#: Stands for a file that is not there yet.
UNSAVED = "STACK.tif"

#: Stands for the file of a recipe that is too much for a command line.
RECIPE = "RECIPE.json"

MAPS = "fusion.image, fusion.height, fusion.decision, fusion.confidence"


def why_not(made: Made) -> str:
    """Say why no text would repeat a fusion; empty where it does."""
    if made.origin is None:
        return "This fusion was made in Python, or from a recipe: only its recipe can be saved."
    if made.fusion.recipe.method not in methods.names():
        return "This fusion was not made by a method: no text repeats it. Save its image and maps."
    return ""


def as_python(made: Made) -> str:
    """Return Python that repeats a fusion; its layers are taken from napari's console."""
    recipe, origin = made.fusion.recipe, _known(made)
    stack = ["stack = open_stack(", *(f"    {one}," for one in _opening(origin)), ")"]
    if origin.channel is not None:
        stack.append(f"stack = stack.only_channel({origin.channel})")
    if origin.planes is not None or origin.region is not None:
        stack.append(f"stack = stack.part({', '.join(_part(origin))})")
    if recipe.painted:  # strokes are in the recipe, and only there
        return _by_recipe(made, stack)
    given = [f"method={recipe.method!r}"]
    given += [f"{name}={value!r}" for name, value in _settings(recipe)]
    if _is_lazy(made):
        given.append("lazy=True")
    if made.device != "auto":
        given.append(f"device={made.device!r}")
    given += [f"{name}={value!r}" for name, value in recipe.parameters.items()]
    if recipe.consistency:
        given.append(f"consistency={dict(recipe.consistency)!r}")
    call = ["fusion = fuse(", "    stack,", *(f"    {one}," for one in given), ")"]
    return "\n".join(["from napari_mfif import fuse, open_stack", "", *stack, *call, MAPS, ""])


def _by_recipe(made: Made, stack: list[str]) -> str:
    recipe = replace(made.fusion.recipe, transforms=[])  # a record; they are found again
    entries = json.dumps(asdict(recipe), separators=(",", ":"))
    device = f", device={made.device!r}" if made.device != "auto" else ""
    head = ["from napari_mfif import Recipe, fuse, open_stack", ""]
    call = [
        f"recipe = Recipe.from_json({entries!r})",
        f"fusion = fuse(stack, recipe=recipe{device})",
    ]
    return "\n".join([*head, *stack, *call, MAPS, ""])


def as_command(made: Made) -> str:
    """Return the command line that repeats a fusion; `UNSAVED` stands for a stack of no file."""
    recipe, origin, stack = made.fusion.recipe, _known(made), made.fusion.stack
    words = ["napari-mfif", "fuse", *_inputs(origin), "-o", suggested_path(stack)]
    if origin.opening is not None:
        words += _options(origin.opening.keywords)
        words += _spacing(origin.spacing, origin.unit)
    else:  # a saved layer need not hold them
        words += ["--axes", _axes(origin)]
        sizes = (stack.z_step, *(stack.pixel_size or ())) if stack.z_step else None
        words += _spacing(sizes, stack.unit)
    if origin.channel is not None:
        words += ["--only-channel", str(origin.channel)]
    if origin.planes is not None:
        words += ["--planes", planes_in_words(origin.planes).replace(" ", "")]
    if origin.region is not None:
        words += ["--region", ",".join(f"{span.start}:{span.stop}" for span in origin.region)]
    if recipe.painted:
        return shlex.join([*words, "--recipe", RECIPE, "--device", made.device])
    words += ["--method", recipe.method, *_options(dict(_settings(recipe)))]
    words += ["--lazy"] if _is_lazy(made) else []
    words += ["--device", made.device] if made.device != "auto" else []
    for name, value in {**recipe.parameters, **recipe.consistency}.items():
        words += ["--set", f"{name}={_plain(value)}"]
    return shlex.join(words)


def _known(made: Made) -> Origin:
    if made.origin is None:
        raise ValueError(why_not(made))
    return made.origin


def _opening(origin: Origin) -> Iterator[str]:
    """Yield the arguments of `open_stack`."""
    if origin.opening is not None:
        source = origin.opening.source
        yield repr(_whole(source) if isinstance(source, str) else [_whole(one) for one in source])
        yield from (f"{name}={value!r}" for name, value in origin.opening.keywords.items())
    elif len(origin.layers) == 1:
        yield f"viewer.layers[{origin.layers[0]!r}]"
        yield f"axes={origin.axes!r}"
    else:
        yield f"[viewer.layers[name] for name in {origin.layers!r}]"
        yield f"axes={origin.axes!r}"
    if origin.spacing is not None:
        yield f"spacing={origin.spacing!r}"
    if origin.unit is not None:
        yield f"unit={origin.unit!r}"


def _part(origin: Origin) -> Iterator[str]:
    """Yield the arguments of `ZStack.part`."""
    if origin.planes is not None:
        first, last = origin.planes[0], origin.planes[-1]
        run = tuple(range(first, last + 1)) == origin.planes
        yield f"range({first}, {last + 1})" if run else f"planes={list(origin.planes)!r}"
    if origin.region is not None:
        for name, span in zip(("rows", "columns"), origin.region, strict=True):
            yield f"{name}=slice({span.start}, {span.stop})"


def _inputs(origin: Origin) -> list[str]:
    if origin.opening is None:
        return [UNSAVED]
    source = origin.opening.source
    return [_whole(one) for one in ([source] if isinstance(source, str) else source)]


def _axes(origin: Origin) -> str:
    """Return the axes of the layers as one file."""
    return origin.axes if len(origin.layers) == 1 else f"C{origin.axes}"


def _settings(recipe: Recipe) -> Iterator[tuple[str, Any]]:
    """Yield what a recipe says besides parameters, where it is not what is taken anyway."""
    if recipe.channel is not None:
        yield "channel", recipe.channel
    if recipe.along != methods.get(recipe.method).along[0]:
        yield "along", recipe.along
    if recipe.align != "none":
        yield "align", recipe.align
        if recipe.reference != REFERENCE.default:
            yield "reference", recipe.reference
        if recipe.crop:
            yield "crop", True
    for height in HEIGHTS:
        if (value := getattr(recipe, height.name)) != height.default:
            yield height.name, value


def _options(values: Any) -> list[str]:
    words: list[str] = []
    for name, value in values.items():
        option = f"--{name.replace('_', '-')}"
        words += [option] if value is True else [option, str(value)]
    return words


def _spacing(spacing: tuple[float, ...] | None, unit: str | None) -> list[str]:
    words = ["--spacing", ",".join(map(str, spacing))] if spacing is not None else []
    return words + (["--unit", unit] if unit is not None else [])


def _is_lazy(made: Made) -> bool:
    return not hasattr(made.fusion.image, "__array_interface__")


def suggested_path(stack: ZStack) -> str:
    """Return a file name for the all-in-focus image."""
    safe = "".join(sign if sign.isalnum() or sign in " ._-" else "_" for sign in stack.name)
    return f"{safe.strip() or 'stack'} in focus.ome.tif"


def _whole(path: str) -> str:
    """Return the path from the root, so that it holds wherever the text is used."""
    return path if is_address(path) else str(Path(path).absolute())


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value}"
