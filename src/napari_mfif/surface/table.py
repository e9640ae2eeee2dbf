"""Columns of numbers as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.io.atomic import replacing

__all__ = ["save_table"]


def save_table(
    path: str | Path, columns: Mapping[str, NDArray[Any]], *, overwrite: bool = False
) -> Path:
    """Write columns under their names; what is not known stays empty.

    Parameters
    ----------
    path : str or Path
        A CSV file.
    columns : mapping
        A name with its unit, and the values, of each.
    overwrite : bool, optional
        Whether an existing file is replaced.
    """
    values = np.column_stack([np.asarray(column, float) for column in columns.values()])
    with (
        replacing(path, overwrite=overwrite) as beside,
        open(beside, "w", encoding="utf-8") as file,
    ):
        file.write(",".join(columns) + "\n")
        for start in range(0, len(values), 100_000):
            text = "\n".join(
                ",".join(f"{value:.7g}" for value in line)
                for line in values[start : start + 100_000].tolist()
            )
            file.write(text.replace("nan", "") + "\n")
    return Path(path)
