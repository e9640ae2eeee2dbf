"""Strokes that outlive a run: they are put into the next result of the same stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakSet

from qtpy.QtCore import QObject, Signal

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import MfifError, ParameterError
from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.checking import carried_over
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.painting.jobs import Jobs
from napari_mfif.plugin.results import Results
from napari_mfif.settings.strokes import Stroke

__all__ = ["StrokeKeeper"]


@dataclass(frozen=True)
class Painted:
    """What was painted, and on what.

    Parameters
    ----------
    strokes : tuple of Stroke
        In the coordinates of the result.
    stack : ZStack
        What was fused.
    region : (slice, slice) or None
        Which rows and columns of the whole it is.
    """

    strokes: tuple[Stroke, ...]
    stack: ZStack
    region: tuple[slice, slice] | None


class StrokeKeeper(QObject):
    """Remembers the strokes of each stack, and puts them into a new result that has none.

    Parameters
    ----------
    results : Results
        Knows the fusions.
    """

    #: Why strokes could not be put into a new result.
    trouble = Signal(str)

    def __init__(self, results: Results) -> None:
        super().__init__()
        self._results = results
        self._keeps = True
        self._seen: WeakSet[Made] = WeakSet()
        self._known: dict[str, Painted] = {}
        self._jobs = Jobs(self._failed)

    @property
    def busy(self) -> bool:
        """Whether strokes are being put into a result."""
        return self._jobs.busy

    def keep(self, keeps: bool) -> None:
        """Say whether strokes are kept on the next run."""
        self._keeps = keeps

    def know(self, made: Made, strokes: Sequence[Stroke]) -> None:
        """Remember what was painted on a stack by now."""
        self._seen.add(made)
        region = made.origin.region if made.origin is not None else None
        self._known[made.source] = Painted(tuple(strokes), made.fusion.stack, region)

    def look_at(self, shown: Sequence[Made]) -> None:
        """Look through the fusions that are shown; put strokes into new ones."""
        for made in shown:
            if made in self._seen:
                continue
            before = self._known.get(made.source)
            self.know(made, made.fusion.strokes)
            if before and before.strokes and not made.fusion.strokes and self._keeps:
                self._mend(made, before)

    def end(self) -> None:
        """Leave undone what waits."""
        self._jobs.end()
        self._known.clear()

    def _mend(self, made: Made, before: Painted) -> None:
        region = self._known[made.source].region

        def mended() -> Fusion:
            if region != before.region:
                raise ParameterError("Another part of the planes was fused.")
            return made.fusion.mend(carried_over(before.strokes, before.stack, made.fusion.stack))

        def show(fusion: Fusion) -> None:
            self.know(self._results.replace(made, fusion), fusion.strokes)

        self._jobs.run(mended, show)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, (MfifError, OSError)):
            raise error
        self.trouble.emit(f"The strokes could not be kept: {error}")
