"""What a fusion gives: the image, the maps, and where a running one stands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import consistency as verification
from napari_mfif.alignment import Transforms
from napari_mfif.engine.aligned import covered_area, origin_of, transforms_of
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.take import Take
from napari_mfif.errors import ParameterError
from napari_mfif.methods.base import Answer, FloatMap
from napari_mfif.options import MAPS
from napari_mfif.parameters import unknown_name
from napari_mfif.recipe import Recipe
from napari_mfif.stack import ZStack

if TYPE_CHECKING:
    import dask.array

    from napari_mfif.io.sinks import Sink

__all__ = ["Fusion", "Outputs", "Progress", "assemble", "lazily"]


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


@dataclass(frozen=True)
class Fusion:
    """One sharp image, and why each pixel is what it is.

    The image and the maps are dask arrays where ``lazy=True`` was asked for.

    Parameters
    ----------
    recipe : Recipe
        All that reproduces it.
    stack : ZStack
        What was fused.
    seconds : float
        How long it took.
    """

    recipe: Recipe
    stack: ZStack
    seconds: float = 0.0
    #: The image and its maps; those of a lazy result are made when the first is asked for.
    _arrays: dict[str, Any] = field(default_factory=dict, repr=False)
    _takes: tuple[Take, ...] = field(default=(), repr=False)
    _fold: LazyFold | None = field(default=None, repr=False)
    _afar: list[Fusion] = field(default_factory=list, repr=False)

    @property
    def image(self) -> NDArray[Any]:
        """The all-in-focus image: type, colour and shape of the input without Z."""
        return self._array("image")

    @property
    def depth(self) -> FloatMap:
        """Plane index with fractions, (Y, X) or (T, Y, X), float32; 0 is the first plane."""
        return self._array("depth")

    @property
    def decision(self) -> NDArray[np.uint16]:
        """The plane taken at each pixel, as `depth`, uint16."""
        return self._array("decision")

    @property
    def confidence(self) -> FloatMap:
        """Probability, 0 to 1, that the depth is right within one plane, as `depth`, float32."""
        return self._array("confidence")

    def _array(self, name: str) -> NDArray[Any]:
        if not self._arrays and self._fold is not None:
            self._arrays.update(self._fold.arrays())
        array: NDArray[Any] = self._arrays[name]
        return array

    @property
    def height(self) -> FloatMap:
        """The depth times the z step, in `unit`; planes where no step is known."""
        return self.depth * np.float32(self.stack.z_step or 1)

    @property
    def unit(self) -> str:
        """Unit of `height`."""
        return (self.stack.unit or "units") if self.stack.z_step else "planes"

    @property
    def transforms(self) -> tuple[Transforms, ...]:
        """Where the planes of each timepoint lie; nothing when they were not aligned."""
        return transforms_of(self.stack)

    @property
    def common_area(self) -> tuple[slice, slice]:
        """Rows and columns that all planes cover; outside of them the confidence is 0."""
        return covered_area(self.stack)

    @property
    def origin(self) -> tuple[int, int]:
        """Row and column of the planes as given where the result begins, when it was cropped."""
        return origin_of(self.stack)

    @property
    def scores(self) -> dask.array.Array:
        """The method's score map of every plane, ``(Z, Y, X)`` or ``(T, Z, Y, X)``, lazily."""
        if self._fold is None:
            raise ParameterError("This fusion was made from a given decision: it has no scores.")
        return self._fold.scores()

    def levels(self, name: str = "image") -> list[Any]:
        """Return a lazy result at full size and ever coarser, as napari shows it.

        The coarser ones are for looking: the stack is seen from afar, and then fused; its finest
        detail has no say. They come from the copies in the file where it has any, otherwise from
        squares of pixels.

        Parameters
        ----------
        name : str, optional
            ``"image"``, ``"depth"``, ``"decision"`` or ``"confidence"``.
        """
        known = dict.fromkeys(("image", "depth", "decision", "confidence"))
        if name not in known:
            raise ParameterError(unknown_name("map", name, known, of="a fusion from afar"))
        return [getattr(self, name), *(getattr(one, name) for one in self.from_afar())]

    def from_afar(self) -> list[Fusion]:
        """Return lazy results of the same stack at ever coarser resolution, as for `levels`."""
        if self._fold is None or self._takes:
            raise ParameterError("Only results made with lazy=True have levels.")
        if not self._afar:
            self._afar.extend(lazily(fold.stack, fold) for fold in self._fold.afar())
        return self._afar

    @property
    def is_afar(self) -> bool:
        """Whether it is one of those that `from_afar` returns."""
        return self._fold is not None and self._fold.near is not None

    def refine(self, **consistency: Any) -> Fusion:
        """Clean up the decision with other values; no method runs again.

        Parameters
        ----------
        **consistency
            Parameters of the consistency verification; those not given stay as they are.

        Returns
        -------
        Fusion
            A new one. Where the method blends pixels itself, only the maps change.
        """
        if self._fold is None:
            raise ParameterError("This fusion was made from a given decision: nothing to refine.")
        settings = verification.complete(
            {**self.recipe.consistency, **consistency}, n_planes=self.stack.n_planes
        )
        if not self._takes:
            recipe = replace(self.recipe, consistency=settings)
            return lazily(self.stack, replace(self._fold.again(), recipe=recipe))
        parts = [take.composed(settings) for take in self._takes]
        recipe = replace(self.recipe, consistency=settings)
        return assemble(self.stack, parts, recipe, self._takes, self.seconds, self._fold)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the image, with sizes, units and the recipe inside.

        Parameters
        ----------
        path : str or Path
            ``.ome.tif`` keeps everything; see `napari_mfif.io.write_image` for others.
        overwrite : bool, optional
            Whether an existing file is replaced.
        """
        return self._write(path, self.image, self.stack.axes.replace("Z", ""), overwrite)

    def save_map(self, name: str, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write ``depth``, ``height``, ``decision``, ``confidence`` or ``scores`` as TIFF."""
        if name not in MAPS:
            raise ParameterError(unknown_name("map", name, dict.fromkeys(MAPS), of="a fusion"))
        axes = ("T" if "T" in self.stack.axes else "") + ("ZYX" if name == "scores" else "YX")
        return self._write(path, getattr(self, name), axes, overwrite, labels=name == "decision")

    def _write(
        self, path: str | Path, array: Any, axes: str, overwrite: bool, *, labels: bool = False
    ) -> Path:
        from napari_mfif.io import write_image

        named = self.stack.channel_names if "C" in axes else ()
        return write_image(
            path,
            array,
            axes=axes,
            pixel_size=self.stack.pixel_size,
            z_step=self.stack.z_step if "Z" in axes else None,
            unit=self.stack.unit,
            channel_names=named,
            recipe=self.recipe.to_json(),
            labels=labels,
            overwrite=overwrite,
        )


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
    """

    def __init__(
        self,
        stack: ZStack,
        recipe: Recipe,
        paths: Mapping[str, str | Path],
        *,
        overwrite: bool = False,
    ) -> None:
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

    def take(self, pixels: NDArray[Any], answer: Answer) -> None:
        """Write the next timepoint."""
        stack = self._stack
        for name, sink in self._sinks.items():
            if name == "image":
                image = _unfolded(pixels, stack)
                for plane in image if "C" in stack.axes else [image]:
                    sink.put(plane)
            elif name == "height":
                sink.put(answer.depth * np.float32(stack.z_step or 1))
            elif name == "confidence":
                sink.put(_within(answer.confidence, stack))
            else:
                sink.put(getattr(answer, name))

    def _opened(self, name: str, path: str | Path) -> AbstractContextManager[Sink]:
        from napari_mfif.io.write import opened

        stack = self._stack
        axes = stack.axes.replace("Z", "")
        dtype: Any = stack.dtype
        if name != "image":
            axes = axes.replace("C", "").replace("S", "")
            dtype = np.uint16 if name == "decision" else np.float32
        lengths = dict(zip(stack.axes, stack.shape, strict=True))
        return opened(
            path,
            [lengths[letter] for letter in axes],
            np.dtype(dtype),
            axes=axes,
            pixel_size=stack.pixel_size,
            unit=stack.unit,
            channel_names=stack.channel_names if "C" in axes else (),
            recipe=self._recipe.to_json(),
            labels=name == "decision",
            overwrite=self._overwrite,
        )


def assemble(
    stack: ZStack,
    parts: list[tuple[NDArray[Any], Answer]],
    recipe: Recipe,
    takes: tuple[Take, ...],
    seconds: float,
    fold: LazyFold | None = None,
) -> Fusion:
    """Bring the timepoints together in the stack's own axes."""

    def over_time(maps: list[NDArray[Any]]) -> NDArray[Any]:
        return np.stack(maps) if "T" in stack.axes else maps[0]

    confidence = over_time([answer.confidence for _, answer in parts])
    arrays = {
        "image": over_time([_unfolded(pixels, stack) for pixels, _ in parts]),
        "depth": over_time([answer.depth for _, answer in parts]),
        "decision": over_time([answer.decision for _, answer in parts]),
        "confidence": _within(confidence, stack),
    }
    return Fusion(recipe, stack, seconds, arrays, takes, fold)


def lazily(stack: ZStack, fold: LazyFold) -> Fusion:
    """Return a fusion whose arrays are dask arrays, made when they are looked at."""
    return Fusion(fold.recipe, stack, _fold=fold)


def _within(confidence: FloatMap, stack: ZStack) -> FloatMap:
    """Set the confidence to 0 outside of what all planes cover."""
    if transforms_of(stack):
        inside = np.zeros(stack.plane_shape, np.bool_)
        inside[covered_area(stack)] = True
        return np.where(inside, confidence, np.float32(0))
    return confidence


def _unfolded(pixels: NDArray[Any], stack: ZStack) -> NDArray[Any]:
    """Turn (Y, X, K) into C Y X S, as far as the stack has these axes."""
    rows, columns = stack.plane_shape
    pixels = pixels.reshape(rows, columns, stack.n_channels, stack.n_samples)
    pixels = np.moveaxis(pixels, 2, 0)
    index = (slice(None) if "C" in stack.axes else 0, ..., slice(None) if "S" in stack.axes else 0)
    return np.ascontiguousarray(pixels[index])
