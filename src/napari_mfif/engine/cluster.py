"""Timepoints as tasks of a `dask.distributed` cluster, where the program has a client of one."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Generator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.methods.base import Answer, Region

__all__ = ["current_client", "iter_timepoints"]

#: So many timepoints for each thread of a cluster: one in work, one to go on with.
AHEAD = 2


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
) -> Generator[tuple[FoldedTimepoint, tuple[NDArray[Any], Answer]], None, None]:
    """Fuse the timepoints on a cluster; yield them in order.

    However slowly they are taken, no more than `AHEAD` for each thread of the cluster are under way
    or finished and not yet taken. A task whose worker is lost runs again on another one. Closing
    cancels what is not done.

    Yields
    ------
    (FoldedTimepoint, (pixels, Answer))
        What refining needs, and what `FoldedTimepoint.postprocessed` gave.
    """
    # a task like the others, so that it outlives every worker
    whole = client.submit(_itself, fold, key=f"napari-mfif-{fold.key}", pure=False)
    coming = iter(range(fold.stack.n_times))
    waiting: deque[tuple[int, Any]] = deque()

    def send() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values())) - len(waiting)
        for t in islice(coming, room):
            key = f"fuse-{fold.key}-{t}"
            waiting.append((t, client.submit(_timepoint, whole, t, key=key, pure=False)))

    try:
        send()
        while waiting:
            t, future = waiting[0]
            survey, preparation, answer, made = future.result()
            waiting.popleft()
            future.release()
            send()
            reader = PlaneReader(fold.stack, t)
            folded = FoldedTimepoint(
                fold.method, fold.settings, reader, survey, preparation, answer
            )
            yield folded, made
    finally:
        client.cancel([whole, *(future for _, future in waiting)])


def _itself(fold: LazyFold) -> LazyFold:
    return fold


def _timepoint(fold: LazyFold, t: int) -> tuple[Any, ...]:
    folded = fold.fold_region(t, Region.whole(fold.stack.plane_shape))
    pixels, answer = folded.postprocessed(dict(fold.recipe.consistency))
    return folded.survey, folded.preparation, folded.answer, (np.asarray(pixels), answer)
