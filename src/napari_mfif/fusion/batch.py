"""Many z-stacks, one after the other or on a cluster: what is done is skipped, failures are told.

Beside each result lies a note in the folder `NOTES`: what it was made of and how. The old result
goes before a new note is written, and a result appears whole or not at all; so a result with a note
that fits is done, however the run ended.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_mfif.errors import MfifError, ParameterError, WriteError
from napari_mfif.fusion.api import iter_fuse
from napari_mfif.io import open_stack
from napari_mfif.io.atomic import replacing
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.collection import search
from napari_mfif.io.found import Found, Search
from napari_mfif.io.zarr_store import is_address
from napari_mfif.settings.options import LATE, MAPS
from napari_mfif.settings.recipe import Recipe

__all__ = ["DONE", "ELSEWHERE", "FAILED", "SKIPPED", "Job", "Outcome", "iter_batch", "jobs_in"]

#: What became of a z-stack.
DONE, SKIPPED, ELSEWHERE, FAILED = "done", "skipped", "in another run", "failed"

#: Where z-stacks are searched: a folder, a file, or an address.
Source = str | os.PathLike[str]

#: Where notes and locks are kept, below the output folder.
NOTES = ".napari-mfif"


@dataclass(frozen=True)
class Job:
    """A z-stack and what to make of it; all that a worker has to know.

    Parameters
    ----------
    found : Found
        The z-stack.
    folder : Path
        The output folder.
    options : mapping
        As for `napari_mfif.fuse`, what decides the result; a recipe as JSON.
    means : mapping
        As for `napari_mfif.fuse`, what does not decide it: ``device``, ``memory``.
    maps : tuple of str
        Which maps are written as well.
    """

    found: Found
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    means: Mapping[str, Any] = field(default_factory=dict)
    maps: tuple[str, ...] = ()

    @property
    def output(self) -> Path:
        """The fused image."""
        return self.folder / f"{self.found.name}.ome.tif"

    def map_path(self, name: str) -> Path:
        """Return where a map goes: beside the image."""
        return self.folder / f"{self.found.name}_{name}.ome.tif"

    @property
    def note(self) -> Path:
        """Where it is noted what the image was made of."""
        return self.folder / NOTES / f"{self.found.name}.json"

    def wanted(self) -> dict[str, Any]:
        """Return what the note has to say for the image to be the one that is wanted."""
        return {
            "fingerprint": self.found.fingerprint(),
            "options": json.loads(json.dumps(dict(self.options), default=str)),
        }

    def is_done(self) -> bool:
        """Tell whether all that is wanted is there, made from this input in this way."""
        outputs = [self.output, *map(self.map_path, self.maps)]
        if not all(path.is_file() for path in outputs):
            return False
        try:
            noted = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(noted == self.wanted())

    def run(self) -> Outcome:
        """Fuse it, unless it is done or another run is at it; a failure is an outcome too."""
        began = time.perf_counter()
        try:
            self.note.parent.mkdir(parents=True, exist_ok=True)
            self.output.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self.note.with_suffix(".lock")) as free:
                if not free:
                    return Outcome(self.found.name, ELSEWHERE)
                if self.is_done():
                    return Outcome(self.found.name, SKIPPED)
                said = self._make()
        except Exception as error:
            return Outcome(self.found.name, FAILED, why(error))
        return Outcome(self.found.name, DONE, said, time.perf_counter() - began)

    def _make(self) -> str:
        options = dict(self.options)
        axes = options.pop("axes", None)
        spacing, unit = options.pop("spacing", None), options.pop("unit", None)
        if recipe := options.pop("recipe", None):
            recipe = Recipe.from_json(recipe)
            axes = axes or recipe.axes
        wanted = self.wanted()
        stack = open_stack(self.found.open(axes), spacing=spacing, unit=unit)
        with _emptied(self.note.with_suffix(".new")) as folder:
            outputs = {"image": folder / self.output.name}
            outputs |= {name: folder / self.map_path(name).name for name in self.maps}
            late = {name: outputs.pop(name) for name in LATE if name in outputs}
            options |= {"recipe": recipe, "outputs": outputs}
            *_, last = iter_fuse(stack, **options, **self.means)
            assert last.fusion is not None  # the last step brings it
            last.fusion.save_all(late)
            for old in (self.output, *map(self.map_path, MAPS)):
                old.unlink(missing_ok=True)
            with replacing(self.note, overwrite=True) as temporary:
                temporary.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
            for path in folder.iterdir():
                path.replace(self.output.parent / path.name)
        return stack.describe()


@dataclass(frozen=True)
class Outcome:
    """What became of a z-stack.

    Parameters
    ----------
    name : str
        The z-stack's.
    state : str
        `DONE`, `SKIPPED`, `ELSEWHERE` or `FAILED`.
    text : str
        What it is, or why it failed.
    seconds : float
        How long it took.
    """

    name: str
    state: str
    text: str = ""
    seconds: float = 0.0


def jobs_in(
    source: Source | Sequence[Source],
    target: str | os.PathLike[str],
    *,
    options: Mapping[str, Any] | None = None,
    means: Mapping[str, Any] | None = None,
    maps: Sequence[str] = (),
    pattern: str | None = None,
    tell: Callable[[Search], object] | None = None,
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


def why(error: BaseException) -> str:
    """Say in a sentence why something failed."""
    if isinstance(error, MfifError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory; allow less with memory= (--memory)."
    if type(error).__name__ == "KilledWorker":
        return "Its worker ended several times, perhaps for want of memory."
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """Give a folder without what a run that was killed had begun; remove it in the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold a lock file; False when another process has it. The system frees it when we end."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
