"""What Micro-Manager planned and did not record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["not_recorded"]

#: What its summary calls the number of timepoints, channels and planes.
KEYS = {
    "T": ("Frames", "timepoints"),
    "C": ("Channels", "channels"),
    "Z": ("Slices", "planes"),
}


def not_recorded(file: Any, lengths: Mapping[str, int]) -> list[str]:
    """Say where a recording is shorter than it was planned.

    Parameters
    ----------
    file : tifffile.TiffFile
        The file.
    lengths : mapping
        Axis to its length, of what is taken.
    """
    facts = file.micromanager_metadata if file.is_micromanager else None
    summary = facts.get("Summary") if isinstance(facts, Mapping) else None
    if not isinstance(summary, Mapping):
        return []
    parts = []
    for axis, (key, word) in KEYS.items():
        planned = summary.get(key)
        if isinstance(planned, int) and planned > lengths.get(axis, 1):
            parts.append(f"{lengths.get(axis, 1)} of {planned} {word}")
    return [f"The recording was stopped: it holds {', '.join(parts)}."] if parts else []
