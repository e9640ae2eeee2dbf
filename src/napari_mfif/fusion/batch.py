"""Many z-stacks, one after the other or on a cluster: done ones are skipped, failures told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_mfif.errors import ParameterError, WriteError
from napari_mfif.fusion.job import DONE, ELSEWHERE, FAILED, SKIPPED, Job, Outcome, why
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.collection import search
from napari_mfif.io.found import Search
from napari_mfif.io.zarr_store import is_address
from napari_mfif.settings.recipe import Recipe

__all__ = ["DONE", "ELSEWHERE", "FAILED", "SKIPPED", "Job", "Outcome", "iter_batch", "jobs_in"]

#: Where z-stacks are searched: a folder, a file, or an address.
Source = str | os.PathLike[str]


def jobs_in(
    source: Source | Sequence[Source],
    target: str | os.PathLike[str],
    *,
    options: Mapping[str, Any] | None = None,
    means: Mapping[str, Any] | None = None,
    maps: Sequence[str] = (),
    pattern: str | None = None,
    tell: Callable[[Search], object] | None = None,
    make: bool = True,
) -> list[Job]:
    """Find what there is to do.

    Parameters
    ----------
    source : path, address, or several of them
        Folders, files and addresses, see `napari_mfif.io.collection.search`.
    target : path
        The folder for the results; it is made. They keep the names they have below their source.
    options, means : mapping, optional
        See `Job`.
    maps : sequence of str, optional
        Out of ``depth``, ``height``, ``decision``, ``confidence``, ``scores``.
    pattern : str, optional
        What the names of files mean, see `napari_mfif.open_stack`.
    tell : callable, optional
        Called with all that the search found, and what it left out.
    make : bool, optional
        Whether the folder for the results is made at once, or with the first result.

    Raises
    ------
    MfifError
        There is no such folder, no z-stack in it, or the other one cannot be made.
    """
    given = [source] if isinstance(source, (str, os.PathLike)) else source
    out = Path(target).resolve()
    for one in given:
        if not is_address(one) and Path(one).resolve() == out:
            raise ParameterError(f"Results cannot go where the z-stacks lie, {out}: name another.")
    try:
        if make:
            out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"{out} cannot be made: {error.strerror or error}.") from error
    searched = _search_all(given, out, pattern)
    if tell is not None:
        tell(searched)
    _refuse_strokes(options or {}, len(searched.found))
    known = out, dict(options or {}), dict(means or {}), tuple(maps)
    return [Job(one, *known) for one in searched.found]


def _search_all(sources: Sequence[Source], out: Path, pattern: str | None) -> Search:
    """Search several places; equal names in them are told apart."""
    searched = Search()
    for source in sources:
        where = source if is_address(source) else Path(source).expanduser().resolve()
        one = search(where, leave_out=[out], pattern=pattern)
        searched.found += one.found
        searched.left += one.left
        searched.others += one.others
    names = uniquely([one.name for one in searched.found])
    searched.found = [
        replace(one, name=name) for one, name in zip(searched.found, names, strict=True)
    ]
    return searched


def _refuse_strokes(options: Mapping[str, Any], stacks: int) -> None:
    """Refuse to paint what was painted on one z-stack on others."""
    recipe = options.get("recipe")
    if not recipe or stacks < 2 or options.get("strokes", "replay") != "replay":
        return
    if Recipe.from_json(recipe).painted:
        raise ParameterError(
            f"The recipe holds strokes that were painted by hand on one z-stack, but there are "
            f'{stacks}. Leave them out by `strokes="leave"`.'
        )


def iter_batch(jobs: Sequence[Job], client: Any = None) -> Iterator[Outcome]:
    """Run jobs and yield what became of each, as it is known.

    Parameters
    ----------
    jobs : sequence of Job
        From `jobs_in`.
    client : distributed.Client, optional
        Runs them on its workers, several at a time; they must see the same folders. A job whose
        worker is lost runs again; after several losses it has failed.
    """
    if client is None:
        yield from (job.run() for job in jobs)
        return
    from distributed import as_completed

    todo = [job for job in jobs if not _done(job)]
    open_names = {job.found.name for job in todo}
    yield from (Outcome(j.found.name, SKIPPED) for j in jobs if j.found.name not in open_names)
    futures = client.map(Job.run, todo, pure=False, retries=0)
    names = {future.key: job.found.name for future, job in zip(futures, todo, strict=True)}
    try:
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                yield future.result()
            else:
                yield Outcome(names[future.key], FAILED, why(error))
            future.release()
    finally:
        client.cancel(futures)


def _done(job: Job) -> bool:
    try:
        return job.is_done()
    except OSError:
        return False
