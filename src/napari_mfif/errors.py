"""The one family of errors: each says what is wrong, where, and what to do."""

from __future__ import annotations

__all__ = [
    "AxesError",
    "MemoryBudgetError",
    "MfifError",
    "OnePlaneError",
    "ParameterError",
    "ReadError",
    "WeightsError",
    "WriteError",
]


class MfifError(Exception):
    """Base of every error that napari-mfif raises on purpose."""


class ReadError(MfifError):
    """A file or folder could not be read as a z-stack."""


class OnePlaneError(ReadError):
    """A file holds one plane only, of which others may hold more."""


class WriteError(MfifError):
    """A result could not be written; nothing half-written is left behind."""


class AxesError(MfifError):
    """The axes of an array are missing, ambiguous or do not fit its shape."""


class ParameterError(MfifError):
    """A method, parameter or value is unknown or out of range."""


class MemoryBudgetError(MfifError):
    """A fusion would not fit into the memory it may use."""


class WeightsError(MfifError):
    """The trained weights of a network are missing, damaged or of another shape."""
