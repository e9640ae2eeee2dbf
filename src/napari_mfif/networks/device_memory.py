"""A device that has not enough memory for a network: how it is told, and what is said."""

from __future__ import annotations

from napari_mfif.notices import notice

__all__ = ["is_exhausted", "leaving"]

#: How torch says that memory ran out, on one device or another.
EXHAUSTED = ("out of memory", "can't allocate memory", "not enough memory")


def leaving(device: str) -> None:
    """Say that the processor takes over from a device."""
    notice(
        f"The device {device!r} has not enough memory for the network: it goes on, "
        'slower, on the processor (`device="cpu"` chooses it from the start).'
    )


def is_exhausted(error: BaseException) -> bool:
    """Return whether an error says that a device has no memory left."""
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(words in said for words in EXHAUSTED)
