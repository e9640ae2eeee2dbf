"""The results of a fusion as files, with sizes, units and the recipe inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.heights import height_note, map_of
from napari_mfif.fusion.outputs import Outputs
from napari_mfif.settings.options import LABELS, LATE, MAPS
from napari_mfif.settings.parameters import unknown_name

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["save", "save_all", "save_map"]


def save(self: Fusion, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write the image, with sizes, units and the recipe inside.

    Parameters
    ----------
    path : str or Path
        ``.ome.tif`` keeps everything; see `napari_mfif.io.write_image` for others.
    overwrite : bool, optional
        Whether an existing file is replaced.
    """
    if _streams(self, [path]):
        save_all(self, {"image": path}, overwrite=overwrite)
        return Path(path)
    return _write(self, path, self.image, self.stack.axes.replace("Z", ""), overwrite)


def save_map(self: Fusion, name: str, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a map as TIFF or Zarr.

    ``depth``, ``height``, ``decision``, ``confidence``, ``runner_up``, ``scores``,
    ``focus_map`` or ``differences``.
    """
    if name not in MAPS:
        raise ParameterError(unknown_name("map", name, dict.fromkeys(MAPS), of="a fusion"))
    if name not in LATE and _streams(self, [path]):
        save_all(self, {name: path}, overwrite=overwrite)
        return Path(path)
    axes = ("T" if "T" in self.stack.axes else "") + ("ZYX" if name == "scores" else "YX")
    axes = self.stack.axes if name == "differences" else axes
    note = height_note(self.recipe, self.unit) if name == "height" else ""
    labels = name in LABELS
    return _write(self, path, map_of(self, name), axes, overwrite, labels=labels, note=note)


def save_all(
    self: Fusion,
    paths: Mapping[str, str | Path],
    *,
    overwrite: bool = False,
    progress: Callable[[float], object] | None = None,
) -> None:
    """Write several results; every part of a lazy one is made once for all of them.

    Parameters
    ----------
    paths : mapping
        Where to write ``image`` and maps, see `save_map`.
    overwrite : bool, optional
        Whether existing files are replaced.
    progress : callable, optional
        Called with the share that is done, 0 to 1, while a lazy result is made.
    """
    together = {name: path for name, path in paths.items() if name not in LATE}
    if together and _streams(self, together.values()):
        made = {name: map_of(self, name) for name in together}
        with Outputs(self.stack, self.recipe, together, overwrite=overwrite) as files:
            files.write_lazily(made, progress)
        paths = {name: path for name, path in paths.items() if name not in together}
    for name, path in paths.items():
        if name == "image":
            save(self, path, overwrite=overwrite)
        else:
            save_map(self, name, path, overwrite=overwrite)


def _streams(fusion: Fusion, paths: Iterable[str | Path]) -> bool:
    """Tell whether results are still to be made, and can be written row by row."""
    from napari_mfif.io.endings import in_one_piece

    return fusion.is_lazy and not any(in_one_piece(path) for path in paths)


def _write(
    fusion: Fusion, path: str | Path, array: Any, axes: str, overwrite: bool, **kind: Any
) -> Path:
    """Write the image or a map of these axes; `kind` is for `napari_mfif.io.write_image`."""
    from napari_mfif.io import write_image

    stack = fusion.stack
    return write_image(
        path,
        array,
        axes=axes,
        pixel_size=stack.pixel_size,
        z_step=stack.z_step if "Z" in axes else None,
        unit=stack.unit,
        channel_names=stack.channel_names if "C" in axes else (),
        recipe=fusion.recipe.to_json(),
        overwrite=overwrite,
        **kind,
    )
