"""Where the planes of a stack lie: a matrix per plane, the area they share, and moving them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.json_text import parse_json
from napari_mfif.settings.options import MODELS

__all__ = [
    "Transforms",
    "common_area",
    "load_transforms",
    "save_transforms",
    "source_area",
    "warp",
]

Matrix = NDArray[np.float64]
Area = tuple[slice, slice]

#: What a moved pixel is made of: 8 x 8 pixels by Lanczos. Where a texture is as fine as the pixels
#: a cubic loses up to 1 dB more; it smooths noise more, too, but that is not what moving is for.
_KERNEL, _REACH = cv2.INTER_LANCZOS4, 4


@dataclass(frozen=True)
class Transforms:
    """Where every plane lies.

    Parameters
    ----------
    matrices : float64, (Z, 2, 3)
        Maps (x, y, 1) in the coordinates of the result, which are those of the reference plane,
        to x, y in the plane. Pixel centres are whole numbers.
    model : str
        One of `MODELS`.
    reference : int
        The plane that stays where it is.
    doubtful : tuple of int
        The planes whose places could not be found out. It is not part of the JSON.
    """

    matrices: Matrix
    model: str = "similarity"
    reference: int = 0
    doubtful: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        matrices = np.asarray(self.matrices, np.float64)
        object.__setattr__(self, "matrices", matrices)
        if self.model not in MODELS:
            raise ParameterError(f'`align="{self.model}"` is not possible: {", ".join(MODELS)}.')
        if matrices.ndim != 3 or matrices.shape[1:] != (2, 3) or not np.isfinite(matrices).all():
            raise ParameterError(
                f"Transforms are finite numbers of shape (planes, 2, 3), not {matrices.shape}."
            )

    def __len__(self) -> int:
        """Return the number of planes."""
        return len(self.matrices)

    def excursion(self, shape: tuple[int, int]) -> float:
        """Return how far apart two planes lie at most in a corner of the image, in pixels."""
        moved = self.matrices @ _corners(shape)
        return float(np.ptp(moved, axis=0).max())

    def seen_from(self, plane: int, decimals: int = 7) -> Transforms:
        """Return the same places in the coordinates of another plane, rounded."""
        own = _backwards(self.matrices[plane : plane + 1])[0]
        moved = self.matrices[:, :, :2] @ own
        moved[:, :, 2] += self.matrices[:, :, 2]
        moved[plane] = np.eye(2, 3)  # it is, but for rounding
        return replace(self, matrices=np.round(moved, decimals), reference=plane)

    def as_entry(self) -> dict[str, Any]:
        """Return it as an entry for JSON."""
        rounded = np.round(self.matrices.reshape(len(self), 6), 8)
        return {
            "model": self.model,
            "reference": self.reference,
            "matrices": rounded.tolist(),
        }

    def to_json(self) -> str:
        """Return it as JSON: a matrix per line, row by row."""
        entry = self.as_entry()
        lines = ",\n    ".join(json.dumps(row) for row in entry.pop("matrices"))
        head = json.dumps(entry)[:-1]
        return f'{head}, "matrices": [\n    {lines}\n]}}\n'

    @classmethod
    def from_entry(cls, entry: Any) -> Transforms:
        """Read back what `as_entry` gave.

        Raises
        ------
        ParameterError
            It is something else.
        """
        try:
            rows = np.asarray(entry["matrices"], np.float64).reshape(-1, 2, 3)
            return cls(rows, str(entry["model"]), int(entry["reference"]))
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise ParameterError(
                f"These are no transforms ({error!r}): they have a model, a reference, and "
                f"matrices of six numbers each."
            ) from error

    @classmethod
    def from_json(cls, text: str) -> Transforms:
        """Read back what `to_json` gave.

        Raises
        ------
        ParameterError
            The text is something else.
        """
        try:
            return cls.from_entry(json.loads(text))
        except json.JSONDecodeError as error:
            raise ParameterError(
                f"The transforms are not JSON: {error.msg} at line {error.lineno}."
            ) from error


def common_area(transforms: Transforms | Sequence[Transforms], shape: tuple[int, int]) -> Area:
    """Return the rectangle that every plane covers.

    Parameters
    ----------
    transforms : Transforms, or a sequence of them
        Where the planes lie; of all timepoints, if there are several.
    shape : (int, int)
        Rows and columns of a plane.

    Returns
    -------
    (slice, slice)
        Rows and columns of the result; empty where the planes have nothing in common.
    """
    several = [transforms] if isinstance(transforms, Transforms) else transforms
    matrices = np.concatenate([one.matrices for one in several])
    corners = _backwards(matrices) @ _corners(shape)  # (Z, 2, 4), where planes' corners come from
    left, right = corners[:, 0, :2].max(), corners[:, 0, 2:].min()
    top, bottom = corners[:, 1, ::2].max(), corners[:, 1, 1::2].min()
    rows, columns = shape
    return _whole(top, bottom, rows), _whole(left, right, columns)


def warp(
    plane: NDArray[Any],
    matrix: Matrix,
    *,
    first: tuple[int, int] = (0, 0),
    rows: slice | None = None,
    columns: slice | None = None,
) -> NDArray[Any]:
    """Bring one plane to the place of the reference, by one interpolation.

    Parameters
    ----------
    plane : array, (Y, X) or (Y, X, K)
        Whole numbers stay whole numbers, within the range of their type.
    matrix : float64, (2, 3)
        A matrix of `Transforms`.
    first : (int, int), optional
        Row and column where `plane` begins, if it is only a part of one.
    rows, columns : slice, optional
        The rows and columns of the result that are wanted; as many as `plane` has, when not given.

    Returns
    -------
    array
        The type of `plane`. Outside of the plane it is mirrored.
    """
    top, bottom = (0, plane.shape[0]) if rows is None else (rows.start, rows.stop)
    left, right = (0, plane.shape[1]) if columns is None else (columns.start, columns.stop)
    if np.array_equal(matrix, np.eye(2, 3)):
        return plane[top - first[0] : bottom - first[0], left - first[1] : right - first[1]]
    onto = matrix.copy()
    onto[:, 2] += onto[:, 1] * top - (first[1], first[0])
    # OpenCV rounds places along a row from its start: so that a part is the same as in the whole,
    # rows are made from column 0 on
    size = (right, bottom - top)
    flags = _KERNEL | cv2.WARP_INVERSE_MAP
    bands = plane if plane.ndim == 3 else plane[..., None]
    kind = plane.dtype if plane.dtype in _WARPED else np.dtype(_substitute(plane.dtype))
    moved = np.empty((size[1], right - left, bands.shape[2]), plane.dtype)
    for k in range(bands.shape[2]):
        band = np.ascontiguousarray(bands[..., k], kind)
        made = cv2.warpAffine(band, onto, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
        made = made[:, left:]
        moved[..., k] = made if kind == plane.dtype else _as_type(made, plane.dtype)
    return moved.reshape(moved.shape[:2] + plane.shape[2:])


def source_area(matrix: Matrix, rows: slice, columns: slice, shape: tuple[int, int]) -> Area:
    """Return the rows and columns of a plane from which those of the result are made."""
    ends = [(x, y, 1.0) for x in _ends(columns) for y in _ends(rows)]
    places = matrix @ np.array(ends).T
    return _seen(places[1], shape[0]), _seen(places[0], shape[1])


def _ends(span: slice) -> tuple[float, float]:
    return span.start, span.stop - 1


def _seen(places: Matrix, length: int) -> slice:
    """Return the span of an axis that is looked at for these places, also as in a mirror."""
    first, last = int(np.floor(places.min())) - _REACH, int(np.ceil(places.max())) + _REACH
    end = length - 1
    seen = [first, last]
    if first < 0:
        seen.append(-first)
    if last > end:
        seen.append(2 * end - last)
    inside = [min(max(place, 0), end) for place in seen]
    return slice(min(inside), max(inside) + 1)


def save_transforms(
    path: str | Path, transforms: Sequence[Transforms], *, overwrite: bool = False
) -> Path:
    """Write where the planes lie, as JSON: a list with an entry per timepoint.

    Raises
    ------
    WriteError
        The file exists, or cannot be written.
    """
    from napari_mfif.io.atomic import replacing

    text = "[\n" + ",\n".join(one.to_json().rstrip() for one in transforms) + "\n]\n"
    with replacing(path, overwrite=overwrite) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
    return Path(path)


def load_transforms(path: str | Path) -> list[Transforms]:
    """Read what `save_transforms` wrote, or the places that a recipe names.

    Raises
    ------
    ReadError
        The file cannot be read.
    ParameterError
        It holds something else.
    """
    try:
        content = parse_json(Path(path).read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"The transforms {path} cannot be read: {error}.") from error
    if isinstance(content, dict):
        content = content.get("transforms", [content])
    if not content or not isinstance(content, list):
        raise ParameterError(f"{path} names no places of planes.")
    return [Transforms.from_entry(entry) for entry in content]


#: Types that OpenCV moves as they are.
_WARPED = tuple(np.dtype(kind) for kind in (np.uint8, np.uint16, np.int16, np.float32, np.float64))


def _substitute(dtype: np.dtype[Any]) -> type:
    exact = (dtype.kind in "biu" and dtype.itemsize <= 2) or dtype == np.float16
    return np.float32 if exact else np.float64


def _as_type(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind not in "iu":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    clipped = np.clip(np.rint(values), limits.min, limits.max)
    return np.asarray(clipped, dtype)


def _corners(shape: tuple[int, int]) -> Matrix:
    rows, columns = shape
    return np.array([[x, y, 1.0] for x in (0, columns - 1) for y in (0, rows - 1)]).T


def _backwards(matrices: Matrix) -> Matrix:
    square = np.zeros((len(matrices), 3, 3))
    square[:, :2], square[:, 2, 2] = matrices, 1
    return np.asarray(np.linalg.inv(square)[:, :2])


def _whole(first: float, last: float, length: int) -> slice:
    start = int(np.clip(np.ceil(first - 1e-3), 0, length))
    return slice(start, int(np.clip(np.floor(last + 1e-3) + 1, start, length)))
