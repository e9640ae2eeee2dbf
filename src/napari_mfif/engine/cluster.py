"""Timepoints as tasks of a `dask.distributed` cluster, where the program has a client of one."""

from __future__ import annotations

import os
import platform
import sys
from collections import deque
from collections.abc import Generator
from itertools import islice
from pkgutil import resolve_name
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif import __version__
from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.errors import MfifError, ReadError
from napari_mfif.methods.base import Answer, Region

__all__ = ["current_client", "iter_timepoints"]

#: So many timepoints for each thread of a cluster: one in work, one to go on with.
AHEAD = 2
#: A film that is lost with all workers that held it is sent again so often for one timepoint.
AGAIN = 5


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
    or finished and not yet taken, but for those begun when the cluster was larger. A task whose
    worker is lost runs again on another one. Closing cancels what is not done.

    Yields
    ------
    (FoldedTimepoint, (pixels, Answer))
        What refining needs, and what `FoldedTimepoint.postprocessed` gave.

    Raises
    ------
    MfifError
        Workers lack this package, do not see the file, or are lost again and again.
    """
    _check_workers(client)
    tasks = _Tasks(client, fold)
    try:
        while tasks.send():
            t, (repairs, survey, preparation, answer, made) = tasks.result()
            reader = PlaneReader(fold.stack, t, preparation.missing)
            reader.repairs, reader.incomplete = repairs
            timepoint = SurveyedTimepoint(fold.method, fold.settings, reader, survey, preparation)
            yield FoldedTimepoint(timepoint, answer), made
    finally:
        tasks.cancel()


class _Tasks:
    """The timepoints that are under way on a cluster.

    Parameters
    ----------
    client : distributed.Client
        The cluster's client.
    fold : LazyFold
        What is to be done; it is sent once, with an array in memory inside.
    """

    def __init__(self, client: Any, fold: LazyFold) -> None:
        self._client, self._fold = client, fold
        self._coming = iter(range(fold.stack.n_times))
        self._waiting: deque[tuple[int, Any]] = deque()
        self._whole: Any = None
        self._sent = 0

    def send(self) -> bool:
        """Send as many timepoints as there is room for; tell whether any is to be waited for."""
        threads = max(1, sum(self._client.nthreads().values()))
        # a cluster that shrank has more under way than there is room for now
        room = max(0, AHEAD * threads - len(self._waiting))
        self._waiting.extend((t, self._submitted(t)) for t in islice(self._coming, room))
        return bool(self._waiting)

    def result(self) -> tuple[int, Any]:
        """Wait for the first of them."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        t, _ = self._waiting[0]
        for attempt in range(AGAIN + 1):
            future = self._waiting[0][1]
            try:
                made = future.result()
            except CancelledError:
                if attempt == AGAIN or self._client.status != "running":
                    raise
                self._send_again()
            except KilledWorker as error:
                raise MfifError(
                    f"Timepoint {t} was tried on several workers of the cluster, and each of them "
                    f"was lost: they may lack memory. Give them more, or let each task use less by "
                    f"`memory=`."
                ) from error
            except ModuleNotFoundError as error:
                raise _lacking(f"A worker lacks {error.name}") from error
            else:
                self._waiting.popleft()
                future.release()
                return t, made
        raise AssertionError("the last attempt returns or raises")

    def cancel(self) -> None:
        """Cancel what is not done."""
        self._client.cancel([future for _, future in self._waiting])
        self._waiting.clear()
        self._whole = None

    def _submitted(self, t: int) -> Any:
        if self._whole is None:
            self._whole = self._scattered()
            self._sent += 1
        key = f"fuse-{self._fold.key}-{self._sent}-{t}"
        return self._client.submit(_timepoint, self._whole, t, key=key, pure=False)

    def _scattered(self) -> Any:
        """Send the fold to a worker, from which the others fetch it."""
        for attempt in range(AGAIN + 1):
            try:
                if not self._client.nthreads():  # data does not call for workers, tasks do
                    self._client.submit(os.getpid, pure=False).result()
                return self._client.scatter(self._fold, hash=False)
            except (OSError, KeyError, TimeoutError):  # that worker is no longer there
                if attempt == AGAIN:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _send_again(self) -> None:
        """Send what was lost with all the workers that held it."""
        times = [t for t, _ in self._waiting]
        self.cancel()
        self._waiting.extend((t, self._submitted(t)) for t in times)


def _check_workers(client: Any) -> None:
    """Refuse workers that do not have this package in this version."""
    found = client.run(resolve_name, "napari_mfif:__version__", on_error="return")
    for worker, version in found.items():
        # what else comes back is that a worker was lost meanwhile
        if isinstance(version, str | ImportError) and version != __version__:
            has = f"has version {version}" if isinstance(version, str) else "has none"
            raise _lacking(f"Worker {worker} {has}")


def _lacking(what: str) -> MfifError:
    return MfifError(
        f"All workers of the cluster need napari-mfif {__version__}, as it is here. {what}: "
        f"install it there, or fuse without the cluster (close its client)."
    )


def _timepoint(fold: LazyFold, t: int) -> tuple[Any, ...]:
    try:
        folded = fold.fold_region(t, Region.whole(fold.stack.plane_shape))
        pixels, answer = folded.postprocessed(dict(fold.recipe.consistency))
    except (ReadError, OSError) as error:
        source = fold.stack.source
        if source is not None and not os.path.exists(source):
            raise ReadError(
                f"A worker of the cluster on {platform.node()} does not see {source}. Put it "
                f"where all workers see it under this path, or fuse without the cluster."
            ) from error
        raise
    made = np.asarray(pixels), answer
    known = folded.reader.repairs, folded.reader.incomplete
    return known, folded.survey, folded.preparation, folded.answer, made
