"""The plane to which the others are brought, in words or as a number."""

from __future__ import annotations

from napari_mfif.errors import ParameterError
from napari_mfif.settings.options import REFERENCE

__all__ = ["reference_plane"]


def reference_plane(reference: int | str | None, n_planes: int) -> int:
    """Return the number of a reference plane.

    Parameters
    ----------
    reference : int, str or None
        A plane counted from 0, ``"first"``, ``"middle"`` or ``"last"``; the middle one when None.
    n_planes : int
        Number of planes.

    Raises
    ------
    ParameterError
        There is no such plane.
    """
    given = REFERENCE.check(REFERENCE.default if reference is None else reference)
    number = {"first": 0, "middle": n_planes // 2, "last": n_planes - 1}.get(given, given)
    if not 0 <= number < n_planes:
        raise ParameterError(
            f"`reference={given}` is not possible: there are planes 0 to {n_planes - 1}."
        )
    return int(number)
