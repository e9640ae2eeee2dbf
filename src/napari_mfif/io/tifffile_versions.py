"""What differs between the releases of tifffile that are supported."""

from __future__ import annotations

from typing import Any

from napari_mfif.io.axes import FileAxes

__all__ = ["all_axes", "all_series"]


def all_series(file: Any) -> Any:
    """Return the series of an open file, such that `all_axes` finds the axes of length 1.

    Since 2026.11 `TiffFile.series` can be called to get them with all their axes.
    """
    return file.series(squeeze=False) if callable(file.series) else file.series


def all_axes(series: Any) -> FileAxes:
    """Return the axes of one of `all_series` as the file has them, those of length 1 too.

    Before 2026.11 `axes` and `shape` lack those, and methods of the series have them.
    """
    if hasattr(series, "get_axes"):
        return FileAxes(series.get_axes(False), tuple(series.get_shape(False)))
    return FileAxes(series.axes, tuple(series.shape))
