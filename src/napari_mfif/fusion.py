"""From a z-stack to one sharp image: `fuse`, `iter_fuse` and what they return."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import consistency as verification
from napari_mfif.alignment import Transforms, common_area
from napari_mfif.composition import rounded
from napari_mfif.engine.aligned import iter_aligned, transforms_of
from napari_mfif.engine.memory import default_budget, parse_bytes
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.request import as_stack, complete_recipe
from napari_mfif.engine.run import fold, plan
from napari_mfif.engine.survey import survey_stack
from napari_mfif.engine.take import Take, copied
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.methods import registry
from napari_mfif.methods.base import Answer, FloatMap
from napari_mfif.recipe import Recipe
from napari_mfif.stack import ZStack

if TYPE_CHECKING:
    import dask.array

__all__ = ["Fusion", "Progress", "fuse", "iter_fuse"]

DEVICES = ("auto", "cpu", "cuda", "mps")


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

    Parameters
    ----------
    image : array
        The all-in-focus image: type, colour and shape of the input without Z.
    depth : float32, (Y, X) or (T, Y, X)
        Plane index with fractions; 0 is the first plane.
    decision : uint16, as `depth`
        The plane taken at each pixel.
    confidence : float32, as `depth`
        Probability, 0 to 1, that the depth is right within one plane.
    recipe : Recipe
        All that reproduces it.
    stack : ZStack
        What was fused.
    seconds : float
        How long it took.
    """

    image: NDArray[Any]
    depth: FloatMap
    decision: NDArray[np.uint16]
    confidence: FloatMap
    recipe: Recipe
    stack: ZStack
    seconds: float = 0.0
    _takes: tuple[Take, ...] = field(default=(), repr=False)

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
        shape = self.stack.plane_shape
        whole = (slice(0, shape[0]), slice(0, shape[1]))
        return common_area(self.transforms, shape) if self.transforms else whole

    @property
    def scores(self) -> dask.array.Array:
        """The method's score map of every plane, ``(Z, Y, X)`` or ``(T, Z, Y, X)``, lazily."""
        import dask.array as da

        if not self._takes:
            raise ParameterError("This fusion was made from a given decision: it has no scores.")
        maps = [take.scores() for take in self._takes]
        return maps[0] if "T" not in self.stack.axes else da.stack(maps)

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
        if not self._takes:
            raise ParameterError("This fusion was made from a given decision: nothing to refine.")
        settings = verification.complete(
            {**self.recipe.consistency, **consistency}, n_planes=self.stack.n_planes
        )
        parts = [take.composed(settings) for take in self._takes]
        recipe = replace(self.recipe, consistency=settings)
        return _assemble(self.stack, parts, recipe, self._takes, self.seconds)

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


def fuse(
    data: Any,
    *,
    method: str | None = None,
    axes: str | None = None,
    channel: int | str | None = None,
    along: str | None = None,
    align: str | Sequence[Transforms] | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | None = None,
    decision: NDArray[Any] | None = None,
    device: str = "auto",
    memory: int | str | None = None,
    progress: Callable[[Progress], object] | None = None,
    **parameters: Any,
) -> Fusion:
    """Fuse a z-stack into one all-in-focus image.

    Parameters
    ----------
    data : ZStack, array-like, str or Path
        What `open_stack` gives, a numpy, dask or zarr array, or a path to open.
    method : str, optional
        Name of a method, see `methods`; ``"adaptive"`` when nothing is said.
    axes : str, optional
        A letter out of ``TCZYXS`` per axis; 3-D arrays are Z Y X.
    channel : int or str, optional
        The channel on which sharpness is judged; all together when not given. All are fused.
    along : str, optional
        How planes are compared: ``"joint"`` or ``"sequential"``, where the method can do both.
    align : str or sequence of Transforms, optional
        Bring planes to one another: ``"translation"``, ``"similarity"`` (shift, magnification,
        rotation) or ``"none"``; or where they lie, one `Transforms` per timepoint. The result has
        the shape and the coordinates of the middle plane; see `Fusion.common_area`.
    consistency : mapping, optional
        Parameters of the consistency verification that cleans up the decision.
    recipe : Recipe, optional
        Where the values come from that are not given here.
    decision : unsigned integer, (Y, X) or (T, Y, X), optional
        Take the pixels of these planes, and run no method.
    device : str, optional
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``, for the networks.
    memory : int or str, optional
        What it may use, in bytes or as ``"2GB"``; half of what is free when not given.
    progress : callable, optional
        Called with a `Progress` after every step.
    **parameters
        Parameters of the method.

    Returns
    -------
    Fusion

    Raises
    ------
    MfifError
        `ReadError`, `AxesError`, `ParameterError`, `MemoryBudgetError` or `WeightsError`; the
        message says what is wrong, where, and what to do.
    """
    fusion = None
    for step in iter_fuse(
        data,
        method=method,
        axes=axes,
        channel=channel,
        along=along,
        align=align,
        consistency=consistency,
        recipe=recipe,
        decision=decision,
        device=device,
        memory=memory,
        **parameters,
    ):
        fusion = step.fusion
        if progress is not None:
            progress(step)
    assert fusion is not None  # the last step brings it
    return fusion


def iter_fuse(
    data: Any,
    *,
    method: str | None = None,
    axes: str | None = None,
    channel: int | str | None = None,
    along: str | None = None,
    align: str | Sequence[Transforms] | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | None = None,
    decision: NDArray[Any] | None = None,
    device: str = "auto",
    memory: int | str | None = None,
    preview: float | None = None,
    **parameters: Any,
) -> Iterator[Progress]:
    """Fuse step by step: yields a `Progress` after every plane, and stops cleanly when closed.

    Parameters
    ----------
    data, method, axes, channel, along, align, consistency, recipe, decision, device, memory
        As for `fuse`.
    preview : float, optional
        Every so many seconds the progress carries the result so far.
    **parameters
        Parameters of the method.

    Yields
    ------
    Progress
        The last one is `finished` and has the `Fusion`.
    """
    began = time.perf_counter()
    stack = as_stack(data, axes)
    if stack.n_planes < 2:
        raise ReadError(
            f"{stack.name} has one plane only ({stack.describe()}): focus stacking needs at least "
            f"two. If other axes hold the planes, say so with axes=."
        )
    if device not in DEVICES:
        raise ParameterError(f"device={device!r} is not possible: {', '.join(DEVICES)}.")
    model = align if align is None or isinstance(align, str) else align[0].model
    recipe = complete_recipe(
        stack, recipe, method, axes, channel, along, consistency, parameters, model
    )
    budget = default_budget() if memory is None else parse_bytes(memory)
    if recipe.align != "none":
        places = recipe.align if align is None or isinstance(align, str) else align
        stack = yield from _iter_aligned(stack, recipe, places)
        found = [one.as_entry() for one in transforms_of(stack)]
        recipe = replace(recipe, transforms=found)
    if decision is not None:
        yield from _iter_decided(stack, recipe, np.asarray(decision), began)
        return
    runner = _Runner(stack, recipe, device, budget, preview)
    takes: list[Take] = []
    parts = []
    for t in range(stack.n_times):
        for step in runner.run(t):
            if isinstance(step, Take):
                takes.append(step)
                parts.append(step.composed(dict(recipe.consistency)))
            else:
                yield step
    fusion = _assemble(stack, parts, recipe, tuple(takes), time.perf_counter() - began)
    yield Progress("Done", runner.total, runner.total, fusion, finished=True)


def _iter_aligned(
    stack: ZStack, recipe: Recipe, places: str | Sequence[Transforms]
) -> Generator[Progress, None, ZStack]:
    """Yield the progress of finding out where planes lie; return the aligned stack."""
    channel = None if recipe.channel is None else stack.channel_index(recipe.channel)
    settings = dict(recipe.parameters)
    total = 2 * stack.n_times * stack.n_planes
    for done, ready in enumerate(iter_aligned(stack, places, channel, settings)):
        if ready is not None:
            return ready
        yield Progress("Aligning planes", done + 1, total)
    raise AssertionError("the last one is the stack")


@dataclass
class _Runner:
    """Folds the timepoints of a stack one after the other, counting planes."""

    stack: ZStack
    recipe: Recipe
    device: str
    budget: int
    preview: float | None
    done: int = 0
    total: int = 1

    def run(self, t: int) -> Iterator[Progress | Take]:
        """Fold one timepoint."""
        method = registry.get(self.recipe.method)
        settings = {
            **self.recipe.parameters,
            "along": self.recipe.along,
            "device": self.device,
        }
        if transforms_of(self.stack):  # they were repaired before they were moved
            settings["repair_hot_pixels"] = False
        reader = PlaneReader(self.stack, t)
        layout = plan(method, settings, reader, self.budget)
        per_time = self.stack.n_planes * method.passes * len(layout.groups)
        self.total = per_time * self.stack.n_times + 1
        yield Progress("Looking at the stack", self.done, self.total)
        channel = self.recipe.channel
        decides = None if channel is None else self.stack.channel_index(channel)
        survey, preparation = survey_stack(reader, decides, settings, method.facts)
        folding = fold(method, settings, reader, survey, preparation, layout)
        answer, shown, wanted = None, time.perf_counter(), None
        while answer is None:
            answer = folding.send(wanted) if wanted else next(folding)
            if wanted and answer is not None:
                yield self._preview(Take(method, settings, reader, survey, preparation, answer))
                answer, wanted, shown = None, None, time.perf_counter()
                continue
            if answer is None:
                self.done += 1
                yield Progress("Fusing", self.done, self.total)
                due = self.preview is not None and time.perf_counter() - shown > self.preview
                wanted = True if due and self.stack.n_times == 1 else None
        # The states go before the verification makes its own maps.
        folding.close()
        yield Take(method, settings, reader, survey, preparation, answer)

    def _preview(self, take: Take) -> Progress:
        pixels = rounded(take.pixels(take.answer), self.stack.dtype)
        fusion = _assemble(self.stack, [(pixels, take.answer)], self.recipe, (), 0.0)
        return Progress("Fusing", self.done, self.total, fusion)


def _iter_decided(
    stack: ZStack, recipe: Recipe, decision: NDArray[Any], began: float
) -> Iterator[Progress]:
    shape = ((stack.n_times,) if "T" in stack.axes else ()) + stack.plane_shape
    if decision.shape != shape or decision.dtype.kind not in "ui":
        raise ParameterError(
            f"The decision is {decision.dtype} of shape {decision.shape}; {stack.name} needs "
            f"whole numbers of shape {shape}."
        )
    if decision.min() < 0 or decision.max() >= stack.n_planes:
        raise ParameterError(
            f"The decision names planes {decision.min()} to {decision.max()}, but {stack.name} has "
            f"planes 0 to {stack.n_planes - 1}."
        )
    parts = []
    for t in range(stack.n_times):
        chosen = decision[t] if "T" in stack.axes else decision
        reader = PlaneReader(stack, t)
        answer = Answer(
            chosen.astype(np.float32), chosen.astype(np.uint16), np.ones(chosen.shape, np.float32)
        )
        parts.append((copied(reader, answer), answer))
        yield Progress("Copying pixels", t, stack.n_times)
    fusion = _assemble(stack, parts, recipe, (), time.perf_counter() - began)
    yield Progress("Done", 1, 1, fusion, finished=True)


def _assemble(
    stack: ZStack,
    parts: list[tuple[NDArray[Any], Answer]],
    recipe: Recipe,
    takes: tuple[Take, ...],
    seconds: float,
) -> Fusion:
    """Bring the timepoints together in the stack's own axes."""

    def over_time(maps: list[NDArray[Any]]) -> NDArray[Any]:
        return np.stack(maps) if "T" in stack.axes else maps[0]

    return Fusion(
        over_time([_unfolded(pixels, stack) for pixels, _ in parts]),
        over_time([answer.depth for _, answer in parts]),
        over_time([answer.decision for _, answer in parts]),
        _within(over_time([answer.confidence for _, answer in parts]), stack),
        recipe,
        stack,
        seconds,
        takes,
    )


def _within(confidence: FloatMap, stack: ZStack) -> FloatMap:
    """Set the confidence to 0 outside of what all planes cover."""
    if transforms := transforms_of(stack):
        inside = np.zeros(stack.plane_shape, np.bool_)
        inside[common_area(transforms, stack.plane_shape)] = True
        return np.where(inside, confidence, np.float32(0))
    return confidence


def _unfolded(pixels: NDArray[Any], stack: ZStack) -> NDArray[Any]:
    """Turn (Y, X, K) into C Y X S, as far as the stack has these axes."""
    rows, columns = stack.plane_shape
    pixels = pixels.reshape(rows, columns, stack.n_channels, stack.n_samples)
    pixels = np.moveaxis(pixels, 2, 0)
    index = (slice(None) if "C" in stack.axes else 0, ..., slice(None) if "S" in stack.axes else 0)
    return np.ascontiguousarray(pixels[index])
