"""Where a running fusion stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_mfif.fusion.result import Fusion

__all__ = ["Progress"]


@dataclass(frozen=True)
class Progress:
    """Where a running fusion stands.

    Parameters
    ----------
    stage : str
        What is being done, in words.
    done, total : int
        Steps of the whole fusion, all timepoints together.
    fusion : Fusion, optional
        The result so far where it was asked for, and the finished one in the last progress.
    finished : bool
        Whether `fusion` is the finished result.
    """

    stage: str
    done: int
    total: int
    fusion: Fusion | None = None
    finished: bool = False

    @property
    def fraction(self) -> float:
        """Share that is done, 0 to 1."""
        return self.done / max(1, self.total)
