"""Recordings that were stopped, or of which files are missing: the part that is complete."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["complete_part"]

NAMES = {"T": ("timepoint", "timepoints"), "C": ("channel", "channels"), "Z": ("plane", "planes")}


def complete_part(
    present: NDArray[np.bool_], letters: str
) -> tuple[list[NDArray[np.intp]], list[str]]:
    """Find the part of a recording of which all pages are there.

    Whole timepoints are kept where there are any; of a first one that was not finished, the planes
    of which all channels are there.

    Parameters
    ----------
    present : array of bool
        Whether each page is there.
    letters : str
        A letter per axis.

    Returns
    -------
    list of array
        Along each axis the entries that are kept; one of them empty where nothing is complete.
    list of str
        What is left out, in sentences.
    """
    kept = [np.arange(length) for length in present.shape]
    notes: list[str] = []

    def along(letter: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Count the pages at each entry of an axis, of those kept so far."""
        axis = letters.index(letter)
        part = present[np.ix_(*kept)]
        counts = part.sum(axis=tuple(i for i in range(part.ndim) if i != axis))
        return counts, np.full(len(counts), part.size // max(1, len(counts)))

    def keep(letter: str, chosen: NDArray[np.bool_]) -> None:
        if not chosen.all():
            axis = letters.index(letter)
            kept[axis] = kept[axis][chosen]
            notes.append(_left_out(letter, len(chosen), int(chosen.sum())))

    if "C" in letters:  # a channel that was never recorded
        counts, _ = along("C")
        keep("C", counts > 0)
    if "T" in letters:
        counts, full = along("T")
        whole = counts == full
        keep("T", whole if whole.any() else np.arange(len(counts)) == counts.argmax())
    for letter in letters[::-1]:
        if letter not in "TC":
            counts, full = along(letter)
            keep(letter, counts == full)
    return kept, notes


def _left_out(letter: str, planned: int, count: int) -> str:
    one, several = NAMES.get(letter, (f"entry of {letter}", f"entries of {letter}"))
    word = one if count == 1 else several
    return (
        f"The recording is not complete: of {planned} planned {several}, {count} {word} "
        f"{'is' if count == 1 else 'are'} whole and taken."
    )
