"""From a z-stack to one sharp image: `fuse`, `iter_fuse` and what they return."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms, load_transforms
from napari_mfif.engine.aligned import given_shape, transforms_of
from napari_mfif.engine.cluster import current_client
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.memory import default_budget, parse_bytes
from napari_mfif.engine.request import Request, complete_recipe
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.checking import moved_back
from napari_mfif.fusion.heights import WHOLE
from napari_mfif.fusion.mending import mender
from napari_mfif.fusion.outputs import Outputs
from napari_mfif.fusion.progress import Progress
from napari_mfif.fusion.result import Fusion, assemble, lazily
from napari_mfif.fusion.runner import Runner, iter_aligning, iter_cluster, iter_decided
from napari_mfif.fusion.sources import with_sources
from napari_mfif.settings.options import ALIGN, DEVICES, PREFER, STROKES
from napari_mfif.settings.painting import strokes_in
from napari_mfif.settings.recipe import Recipe
from napari_mfif.settings.strokes import Stroke

__all__ = ["Fusion", "Progress", "fuse", "iter_fuse"]


def fuse(
    data: Any,
    *,
    method: str | None = None,
    axes: str | None = None,
    channel: int | str | None = None,
    along: str | None = None,
    align: str | Path | Sequence[Transforms] | None = None,
    reference: int | str | None = None,
    crop: bool | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | str | Path | None = None,
    strokes: str = "replay",
    decision: NDArray[Any] | None = None,
    device: str = "auto",
    memory: int | str | None = None,
    progress: Callable[[Progress], object] | None = None,
    lazy: bool = False,
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
    align : str, path or sequence of Transforms, optional
        Align the planes: ``"translation"``, ``"similarity"`` (shift, magnification,
        rotation), ``"affine"`` (also shear) or ``"none"``; or where they lie: one `Transforms` per
        timepoint, or a JSON file of them. See `Fusion.common_area`.
    reference : int or str, optional
        The plane that the others are brought to, whose coordinates the result has: counted from
        0, or ``"first"``, ``"middle"`` or ``"last"``; the middle one when not given.
    crop : bool, optional
        Keep only what all aligned planes cover.
    consistency : mapping, optional
        Parameters of the consistency verification that cleans up the decision; among them
        ``prefer``, for where two depths compete.
    recipe : Recipe or path, optional
        Where the values come from that are not given here.
    strokes : str, optional
        What was painted by hand and is in the recipe: ``"replay"`` or ``"leave"`` it.
    decision : unsigned integer, (Y, X) or (T, Y, X), optional
        Take the pixels of these planes of `stack`, and run no method. Files count planes of the
        whole z-stack where `stack` is a part of one.
    device : str, optional
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``, for the networks.
    memory : int or str, optional
        What it may use, in bytes or as ``"2GB"``; half of what is free when not given.
    progress : callable, optional
        Called with a `Progress` after every step.
    lazy : bool, optional
        Return at once, with dask arrays: a chunk is fused when it is looked at, and reads what it
        needs. Only `align` is found out at once. See docs/large.md.
    **parameters
        Parameters of the method, and those of every method: among them ``composition="pyramid"``
        for two modalities, with ``well_exposed=0.1`` for two exposures. Also ``unsure`` and
        ``min_confidence``: what becomes of heights that are not known, see `Fusion.height_where`;
        and ``series``, ``pattern`` and ``order`` of `open_stack`, where `data` is a path or
        several.

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
        reference=reference,
        crop=crop,
        consistency=consistency,
        recipe=recipe,
        strokes=strokes,
        decision=decision,
        device=device,
        memory=memory,
        lazy=lazy,
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
    align: str | Path | Sequence[Transforms] | None = None,
    reference: int | str | None = None,
    crop: bool | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | str | Path | None = None,
    strokes: str = "replay",
    decision: NDArray[Any] | None = None,
    device: str = "auto",
    memory: int | str | None = None,
    preview: float | None = None,
    worker: bool = False,
    lazy: bool = False,
    outputs: Mapping[str, str | Path] | None = None,
    overwrite: bool = False,
    **parameters: Any,
) -> Iterator[Progress]:
    """Fuse step by step: yields a `Progress` after every plane, and stops cleanly when closed.

    Parameters
    ----------
    data, method, axes, channel, along, align, reference, crop, consistency, recipe, strokes
        As for `fuse`.
    decision, device, memory
        As for `fuse`.
    preview : float, optional
        Every so many seconds the progress carries the result so far.
    worker : bool, optional
        Run the method in a process of its own: smoother for a window, and torch is not imported
        here.
    lazy : bool, optional
        As for `fuse`.
    outputs : mapping, optional
        Files for ``image``, ``depth``, ``height``, ``decision``, ``confidence``: each timepoint is
        written when it is done, and not kept. The fusion is then a lazy one. A method that blends
        does less where the image alone is asked for.
    overwrite : bool, optional
        Whether these files are replaced where they exist.
    **parameters
        Parameters of the method.

    Yields
    ------
    Progress
        The last one is `finished` and has the `Fusion`.
    """
    began = time.perf_counter()
    if isinstance(recipe, str | Path):
        recipe = Recipe.load(recipe)
    if isinstance(align, Path) or (isinstance(align, str) and align.endswith(".json")):
        align = load_transforms(align)
    if align is None or isinstance(align, str):
        model = align
    else:
        model, reference = _known(align, reference)
    request = Request(
        recipe, method, axes, channel, along, model, reference, crop, consistency, parameters
    )
    stack = request.open(data)
    if device not in DEVICES:
        raise ParameterError(f'`device="{device}"` is not possible: {", ".join(DEVICES)}.')
    if strokes not in STROKES:
        raise ParameterError(f'`strokes="{strokes}"` is not possible: {", ".join(STROKES)}.')
    recipe = complete_recipe(stack, request)
    told = strokes == "replay"
    painted = strokes_in(recipe, given_shape(stack), stack.name) if told else ()
    recipe = replace(recipe, painted={})
    budget = None if memory is None else parse_bytes(memory)
    if recipe.align != "none":
        places = recipe.align if align is None or isinstance(align, str) else align
        stack = yield from iter_aligning(stack, recipe, places)
        recipe = replace(recipe, transforms=[one.as_entry() for one in transforms_of(stack)])
    if lazy and decision is not None:
        raise ParameterError("`lazy=True` and `decision=` exclude each other: leave one out.")
    if lazy and recipe.unsure == "fill":
        raise ParameterError(WHOLE)
    fold = LazyFold.of(stack, recipe, device=device, budget=budget, worker=worker)
    placed = [moved_back(stroke, stack, n) for n, stroke in enumerate(painted, start=1)]
    ready = yield from with_sources(placed, fold, iter_fuse, lazy=lazy)
    ending = _Ending(fold, began, preview, outputs or {}, overwrite, ready)
    if lazy:
        yield from ending.lazy()
    elif decision is not None:
        yield from ending.decided(np.asarray(decision))
    elif outputs:
        yield from ending.written()
    else:
        yield from ending.held()


@dataclass(frozen=True)
class _Ending:
    """The ways in which a fusion that is prepared can go on to its result."""

    fold: LazyFold
    began: float
    preview: float | None
    outputs: Mapping[str, str | Path]
    overwrite: bool
    strokes: Sequence[Stroke] = ()

    def lazy(self) -> Iterator[Progress]:
        """Make nothing before it is looked at, but for what is written."""
        fusion = lazily(self.fold.stack, self.fold).mend(self.strokes)
        fusion.save_all(self.outputs, overwrite=self.overwrite)
        yield Progress("Done", 1, 1, fusion, finished=True)

    def decided(self, decision: NDArray[Any]) -> Iterator[Progress]:
        """Copy the pixels of the planes that a given decision names."""
        for step in iter_decided(self.fold.stack, self.fold.recipe, decision, self.began):
            if step.fusion is not None:
                fusion = step.fusion.mend(self.strokes)
                fusion.save_all(self.outputs, overwrite=self.overwrite)
                step = replace(step, fusion=fusion)
            yield step

    def written(self) -> Iterator[Progress]:
        """Write each timepoint when it is done, and keep none; the fusion is a lazy one."""
        client, fold = self._client()
        fusion = lazily(fold.stack, fold).mend(self.strokes)
        mend = mender(fusion.strokes)
        to = self.outputs
        files = Outputs(fold.stack, fusion.recipe, to, overwrite=self.overwrite, mend=mend)
        maps = self.preview is not None or set(to) != {"image"}
        maps |= fold.recipe.consistency["prefer"] != PREFER.default
        runner = self._runner(maps=maps)
        yield from iter_cluster(client, fold, files) if client else runner.run_into(files)
        fusion = replace(fusion, seconds=time.perf_counter() - self.began)
        yield Progress("Done", 1, 1, fusion, finished=True)

    def held(self) -> Iterator[Progress]:
        """Keep all of it in memory."""
        client, fold = self._client()
        made = yield from iter_cluster(client, fold) if client else self._runner().run_all()
        parts = [part for _, part in made]
        folded = tuple(one for one, _ in made)
        seconds = time.perf_counter() - self.began
        fusion = assemble(fold.stack, parts, fold.recipe, folded, seconds, fold)
        fusion = fusion.mend(self.strokes)
        yield Progress("Done", 1, 1, fusion, finished=True)

    def _client(self) -> tuple[Any, LazyFold]:
        """Return the client of a cluster, if there is one, and the fold for it or for here."""
        client = current_client() if self.fold.stack.n_times > 1 else None
        if client is not None or self.fold.budget is not None:
            return client, self.fold  # each worker looks at what is free there
        return None, replace(self.fold, budget=default_budget())

    def _runner(self, *, maps: bool = True) -> Runner:
        fold = self.fold
        budget = default_budget() if fold.budget is None else fold.budget
        return Runner(fold.stack, fold.recipe, fold.device, budget, self.preview, fold.worker, maps)


def _known(places: Sequence[Transforms], reference: int | str | None) -> tuple[str, int]:
    """Return model and reference of given transforms, one per timepoint."""
    if not isinstance(places, list | tuple) or not all(hasattr(one, "model") for one in places):
        raise ParameterError(
            f"align must be None, {', '.join(map(repr, ALIGN.choices))}, a list of Transforms, "
            f"one per timepoint, or a JSON file of them."
        )
    if not places:
        raise ParameterError("align is an empty list: give Transforms for every timepoint.")
    if reference is not None:
        raise ParameterError(
            f"`reference={reference}` has nothing to choose from where places are given: "
            f"they have a reference."
        )
    return str(places[0].model), places[0].reference
