"""Timepoints as tasks of a `dask.distributed` cluster, where the program has a client of one."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.take import Take
from napari_mfif.methods.base import Answer, Region

__all__ = ["current_client", "iter_timepoints"]


def current_client() -> Any:
    """Return the client that the program made last; None without one, and on a worker itself."""
    if "distributed" not in sys.modules:
        return None
    from distributed import default_client, get_worker

    try:
        get_worker()
    except ValueError:
        try:
            return default_client()
        except ValueError:
            return None
    return None


def iter_timepoints(
    client: Any, fold: LazyFold
) -> Generator[tuple[int, Take, tuple[NDArray[Any], Answer]], None, None]:
    """Fuse the timepoints on a cluster; yield each as it is finished.

    A task whose worker is lost runs again on another one. Closing cancels what is not done.

    Yields
    ------
    (int, Take, (pixels, Answer))
        The timepoint, what refining it needs, and what `Take.composed` gave.
    """
    import dask
    from distributed import as_completed

    # part of the graph, so that it outlives every worker
    whole = dask.delayed(fold, name=f"napari-mfif-{fold.key}", traverse=False)
    tasks = [
        dask.delayed(_timepoint, pure=False)(whole, t, dask_key_name=f"fuse-{fold.key}-{t}")
        for t in range(fold.stack.n_times)
    ]
    futures = client.compute(tasks)
    numbers = {future.key: t for t, future in enumerate(futures)}
    try:
        for future in as_completed(futures):
            t = numbers[future.key]
            survey, preparation, answer, made = future.result()
            reader = PlaneReader(fold.stack, t)
            take = Take(fold.method, fold.settings, reader, survey, preparation, answer)
            future.release()
            yield t, take, made
    finally:
        client.cancel(futures)


def _timepoint(fold: LazyFold, t: int) -> tuple[Any, ...]:
    take = fold.take(t, Region.whole(fold.stack.plane_shape))
    pixels, answer = take.composed(dict(fold.recipe.consistency))
    return take.survey, take.preparation, take.answer, (np.asarray(pixels), answer)
