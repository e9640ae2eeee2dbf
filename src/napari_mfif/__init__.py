"""Focus stacking: many planes, each sharp at one depth, become one sharp image.

Examples
--------
>>> from napari_mfif import fuse, open_stack
>>> fusion = fuse(open_stack("pollen.ome.tif"))  # doctest: +SKIP
>>> fusion.image, fusion.height, fusion.confidence  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_mfif import methods
    from napari_mfif.arrays.stack import ZStack
    from napari_mfif.fusion.api import Fusion, fuse, iter_fuse
    from napari_mfif.io import open_stack
    from napari_mfif.settings.recipe import Recipe
    from napari_mfif.settings.strokes import Stroke

__version__ = "0.1.0"

__all__ = ["Fusion", "Recipe", "Stroke", "ZStack", "fuse", "iter_fuse", "methods", "open_stack"]

_HOME = {
    "Fusion": ("fusion.result", "Fusion"),
    "Recipe": ("settings.recipe", "Recipe"),
    "Stroke": ("settings.strokes", "Stroke"),
    "ZStack": ("arrays.stack", "ZStack"),
    "fuse": ("fusion.api", "fuse"),
    "iter_fuse": ("fusion.api", "iter_fuse"),
    "open_stack": ("io", "open_stack"),
}


def __getattr__(name: str) -> Any:
    if name == "methods":
        return import_module(f"{__name__}.methods")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(import_module(f"{__name__}.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
