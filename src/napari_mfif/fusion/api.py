"""From a z-stack to one sharp image: `fuse`, `iter_fuse` and what they return."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms, load_transforms
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import transforms_of
from napari_mfif.engine.cluster import current_client
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.memory import default_budget, parse_bytes
from napari_mfif.engine.request import OPENING, as_stack, complete_recipe
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.fusion.outputs import Outputs
from napari_mfif.fusion.result import Fusion, Progress, assemble, lazily
from napari_mfif.fusion.runner import Runner, iter_aligning, iter_cluster, iter_decided
from napari_mfif.settings.options import DEVICES
from napari_mfif.settings.recipe import Recipe

__all__ = ["Fusion", "Progress", "fuse", "iter_fuse"]


def fuse(
    data: Any,
    *,
    method: str | None = None,
    axes: str | None = None,
    channel: int | str | None = None,
    along: str | None = None,
    align: str | Path | Sequence[Transforms] | None = None,
    crop: bool | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | str | Path | None = None,
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
        Bring planes to one another: ``"translation"``, ``"similarity"`` (shift, magnification,
        rotation) or ``"none"``; or where they lie: one `Transforms` per timepoint, or a JSON file
        of them. The result has the coordinates of the middle plane; see `Fusion.common_area`.
    crop : bool, optional
        Keep only what all aligned planes cover.
    consistency : mapping, optional
        Parameters of the consistency verification that cleans up the decision.
    recipe : Recipe or path, optional
        Where the values come from that are not given here.
    decision : unsigned integer, (Y, X) or (T, Y, X), optional
        Take the pixels of these planes, and run no method.
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
        for two modalities, with ``well_exposed=0.1`` for two exposures. Also ``series``,
        ``pattern`` and ``order`` of `open_stack`, where `data` is a path or a list of paths.

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
        crop=crop,
        consistency=consistency,
        recipe=recipe,
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
    crop: bool | None = None,
    consistency: Mapping[str, Any] | None = None,
    recipe: Recipe | str | Path | None = None,
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
    data, method, axes, channel, along, align, crop, consistency, recipe, decision, device, memory
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
    named = isinstance(data, ZStack)  # a recipe's axes are for what does not know its own
    opening = {name: parameters.pop(name) for name in OPENING if name in parameters}
    stack = as_stack(data, axes or (recipe.axes if recipe and not named else None), **opening)
    if stack.n_planes < 2:
        raise ReadError(
            f"{stack.name} has one plane only: focus stacking needs at least "
            f"two. If other axes hold the planes, say so by `axes=`."
        )
    if device not in DEVICES:
        raise ParameterError(f'`device="{device}"` is not possible: {", ".join(DEVICES)}.')
    if isinstance(align, Path) or (isinstance(align, str) and align.endswith(".json")):
        align = load_transforms(align)
    model = align if align is None or isinstance(align, str) else _model(align)
    recipe = complete_recipe(
        stack, recipe, method, axes, channel, along, consistency, parameters, model, crop
    )
    budget = default_budget() if memory is None else parse_bytes(memory)
    if recipe.align != "none":
        places = recipe.align if align is None or isinstance(align, str) else align
        stack = yield from iter_aligning(stack, recipe, places)
        found = [one.as_entry() for one in transforms_of(stack)]
        recipe = replace(recipe, transforms=found)
    known: dict[str, Any] = {"device": device, "budget": budget, "worker": worker}
    if lazy:
        if decision is not None:
            raise ParameterError("`lazy=True` and `decision=` exclude each other: leave one out.")
        given = None if memory is None else budget
        fold = LazyFold.of(stack, recipe, **{**known, "budget": given})
        fusion = lazily(stack, fold)
        fusion.save_all(outputs or {}, overwrite=overwrite)
        yield Progress("Done", 1, 1, fusion, finished=True)
        return
    if decision is not None:
        for step in iter_decided(stack, recipe, np.asarray(decision), began):
            if step.fusion is not None:
                step.fusion.save_all(outputs or {}, overwrite=overwrite)
            yield step
        return
    fold = LazyFold.of(stack, recipe, **known)
    client = current_client() if stack.n_times > 1 else None
    if client is not None and memory is None:
        fold = replace(fold, budget=None)  # each worker looks at what is free there
    runner = Runner(stack, recipe, device, budget, preview, worker)
    if outputs:
        files = Outputs(stack, recipe, outputs, overwrite=overwrite)
        runner.maps = preview is not None or set(outputs) != {"image"}
        yield from iter_cluster(client, fold, files) if client else runner.run_into(files)
        written = replace(lazily(stack, fold), seconds=time.perf_counter() - began)
        yield Progress("Done", 1, 1, written, finished=True)
        return
    made = yield from iter_cluster(client, fold) if client else runner.run_all()
    parts = [part for _, part in made]
    folded = tuple(one for one, _ in made)
    fusion = assemble(stack, parts, recipe, folded, time.perf_counter() - began, fold)
    yield Progress("Done", 1, 1, fusion, finished=True)


def _model(places: Sequence[Transforms]) -> str:
    """Return the model of given transforms, one per timepoint."""
    if not isinstance(places, list | tuple) or not all(hasattr(one, "model") for one in places):
        raise ParameterError(
            "align must be None, 'none', 'translation', 'similarity', a list of Transforms, "
            "one per timepoint, or a JSON file of them."
        )
    if not places:
        raise ParameterError("align is an empty list: give Transforms for every timepoint.")
    return str(places[0].model)
