"""Files to which results are written while they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import covered_confidence
from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.engine.part import Part
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.fusion.heights import height_note, settled_heights
from napari_mfif.methods.base import Answer
from napari_mfif.postprocess.preference import rival
from napari_mfif.settings.options import COUNTED, LABELS
from napari_mfif.settings.recipe import Recipe

if TYPE_CHECKING:
    from napari_mfif.io.sinks import Sink

__all__ = ["Outputs", "unfolded"]


class Outputs:
    """Files to which timepoints are written as they are done; what is written is not kept.

    A context: the files stand under their names when it ends well, and not at all otherwise.

    Parameters
    ----------
    stack : ZStack
        What is fused.
    recipe : Recipe
        Complete; it is kept in the files.
    paths : mapping
        Where to write ``image``, ``depth``, ``height``, ``decision`` and ``confidence``.
    overwrite : bool, optional
        Whether existing files are replaced.
    mend : callable, optional
        Returns a timepoint with the strokes put into it, given its number, planes and result.
    """

    def __init__(
        self,
        stack: ZStack,
        recipe: Recipe,
        paths: Mapping[str, str | Path],
        *,
        overwrite: bool = False,
        mend: Callable[[int, PlaneReader, Part], Part] | None = None,
    ) -> None:
        self._mend, self._time = mend, 0
        self._stack, self._recipe, self._paths = stack, recipe, dict(paths)
        self._overwrite = overwrite
        self._files = ExitStack()
        self._sinks: dict[str, Sink] = {}

    def __enter__(self) -> Outputs:
        with ExitStack() as files:  # those that were opened are closed when one cannot be
            for name, path in self._paths.items():
                self._sinks[name] = files.enter_context(self._opened(name, path))
            self._files = files.pop_all()
        return self

    def __exit__(self, *trouble: Any) -> None:
        self._files.__exit__(*trouble)

    def write_timepoint(
        self, folded: FoldedTimepoint, pixels: NDArray[Any], answer: Answer
    ) -> None:
        """Write the next timepoint."""
        stack = self._stack
        confidence = covered_confidence(answer.confidence, stack)
        part = Part(pixels, answer.depth, answer.decision, confidence, rival(answer, answer))
        if self._mend is not None:
            part = self._mend(self._time, folded.reader, part)
        self._time += 1
        for name, sink in self._sinks.items():
            if name == "image":
                image = unfolded(part.pixels, stack)
                for plane in image if "C" in stack.axes else [image]:
                    sink.put(plane)
            elif name == "height":
                sink.put(settled_heights(stack.heights(part.depth), part.confidence, self._recipe))
            elif name in COUNTED:
                sink.put(stack.numbered(getattr(part, name)))
            else:
                sink.put(getattr(part, name))

    def write_lazily(
        self, arrays: Mapping[str, Any], told: Callable[[float], object] | None = None
    ) -> None:
        """Write all timepoints of dask arrays, making every block of theirs once.

        Parameters
        ----------
        arrays : mapping
            Under each name the array of all timepoints and channels.
        told : callable, optional
            Called with the share that is done.
        """
        from napari_mfif.fusion.spool import spooled

        folder = Path(next(iter(self._paths.values()))).absolute().parent
        times = self._stack.n_times
        for t in range(times):
            planes = {
                (name, c): plane
                for name in self._sinks
                for c, plane in enumerate(self._planes(name, arrays[name], t))
            }
            share = None if told is None else lambda part, t=t: told((t + part) / times)
            with spooled(planes, folder, share) as made:
                for (name, _), plane in made.items():
                    self._sinks[name].put(plane)

    def _planes(self, name: str, array: Any, t: int) -> list[Any]:
        """Return what is written one by one of a timepoint: of the image each channel."""
        array = array[t] if "T" in self._stack.axes else array
        return list(array) if name == "image" and "C" in self._stack.axes else [array]

    def _opened(self, name: str, path: str | Path) -> AbstractContextManager[Sink]:
        from napari_mfif.io.sizes import Sizes
        from napari_mfif.io.write import opened

        stack = self._stack
        axes = stack.axes.replace("Z", "")
        dtype: Any = stack.dtype
        if name != "image":
            axes = axes.replace("C", "").replace("S", "")
            dtype = np.uint16 if name in LABELS else np.float32
        lengths = dict(zip(stack.axes, stack.shape, strict=True))
        return opened(
            path,
            [lengths[letter] for letter in axes],
            np.dtype(dtype),
            axes=axes,
            sizes=Sizes(None, stack.pixel_size, stack.unit),
            channel_names=stack.channel_names if "C" in axes else (),
            recipe=self._recipe.to_json(),
            note=height_note(self._recipe, stack.height_unit) if name == "height" else "",
            labels=name in LABELS,
            overwrite=self._overwrite,
        )


def unfolded(pixels: NDArray[Any], stack: ZStack) -> NDArray[Any]:
    """Turn (Y, X, K) into C Y X S, as far as the stack has these axes."""
    pixels = pixels.reshape(*pixels.shape[:2], stack.n_channels, stack.n_samples)
    pixels = np.moveaxis(pixels, 2, 0)
    index = (slice(None) if "C" in stack.axes else 0, ..., slice(None) if "S" in stack.axes else 0)
    return np.ascontiguousarray(pixels[index])
