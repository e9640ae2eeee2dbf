"""One z-stack of a batch: fused whole or not at all, once, and never by two at the same time.

Beside each result lies a note in the folder `NOTES`: what it was made of and how. The old result
goes before a new note is written, and a result appears whole or not at all; so a result with a note
that fits is done, however the run ended.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Fusion, Progress, iter_fuse
from napari_mfif.io import open_stack
from napari_mfif.io.atomic import replacing
from napari_mfif.io.found import Found
from napari_mfif.settings.options import LATE, MAPS
from napari_mfif.settings.recipe import Recipe

__all__ = [
    "CANCELLED",
    "DONE",
    "ELSEWHERE",
    "FAILED",
    "SKIPPED",
    "Interrupted",
    "Job",
    "Outcome",
    "why",
]

#: What became of a z-stack.
DONE, SKIPPED, ELSEWHERE, FAILED = "done", "skipped", "in another run", "failed"
CANCELLED = "cancelled"

#: Where notes and locks are kept, below the output folder.
NOTES = ".napari-mfif"

#: Is told how far a job is; raises `Interrupted` to end it.
Told = Callable[[Progress], object]


class Interrupted(Exception):
    """Raised by whoever is told how far a job is, to end it; nothing of it is left behind."""


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
            "options": json.loads(json.dumps(_said(self.options), default=str)),
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

    def replaces(self) -> list[Path]:
        """Return the files that a run would replace: results made of something else, or else how.

        Whatever else has their names, too.
        """
        known = (self.output, *map(self.map_path, MAPS))
        return [] if self.is_done() else [path for path in known if path.exists()]

    def run(self, told: Told | None = None) -> Outcome:
        """Fuse it, unless it is done or another run is at it; a failure is an outcome too.

        Parameters
        ----------
        told : callable, optional
            Called with a `Progress` after every step; what it raises as `Interrupted` ends the job.
        """
        began = time.perf_counter()
        try:
            self.note.parent.mkdir(parents=True, exist_ok=True)
            self.output.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self.note.with_suffix(".lock")) as free:
                if not free:
                    return Outcome(self.found.name, ELSEWHERE)
                if self.is_done():
                    return Outcome(self.found.name, SKIPPED)
                said = self._make(told)
        except Interrupted:
            return Outcome(self.found.name, CANCELLED)
        except Exception as error:
            return Outcome(self.found.name, FAILED, why(error))
        return Outcome(self.found.name, DONE, said, time.perf_counter() - began)

    def _make(self, told: Told | None) -> str:
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
            steps = iter_fuse(stack, **options, **self.means)
            with closing(steps):  # type: ignore[type-var]  # it is a generator
                for last in steps:
                    if told is not None:
                        told(last)
            assert last.fusion is not None  # the last step brings it
            last.fusion.save_all(late)
            for old in (self.output, *map(self.map_path, MAPS)):
                old.unlink(missing_ok=True)
            with replacing(self.note, overwrite=True) as temporary:
                temporary.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
            for path in folder.iterdir():
                path.replace(self.output.parent / path.name)
        return _described(last.fusion, self.maps)


@dataclass(frozen=True)
class Outcome:
    """What became of a z-stack.

    Parameters
    ----------
    name : str
        The z-stack's.
    state : str
        `DONE`, `SKIPPED`, `ELSEWHERE`, `FAILED` or `CANCELLED`.
    text : str
        What it is, or why it failed.
    seconds : float
        How long it took.
    """

    name: str
    state: str
    text: str = ""
    seconds: float = 0.0


def _described(fusion: Fusion, maps: Collection[str]) -> str:
    """Say what a z-stack is, and of maps that were written what to doubt of them."""
    said = [fusion.stack.describe()]
    if "height" in maps and not fusion.stack.z_step:
        said.append("heights in planes: the z step is not known")
    if maps:
        said += [f"{doubt.kind} ({100 * doubt.share:.0f} %)" for doubt in fusion.doubts]
    return "; ".join(said)


def why(error: BaseException) -> str:
    """Say in a sentence why something failed."""
    if isinstance(error, MfifError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory; allow less with memory= (--memory)."
    if type(error).__name__ == "KilledWorker":
        return "Its worker ended several times, perhaps for want of memory."
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said: who leaves something out and who says nothing ask for the same."""
    return {name: value for name, value in options.items() if value not in (None, {})}


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
