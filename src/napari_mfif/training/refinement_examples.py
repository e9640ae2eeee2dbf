"""The stacks that refinement is learnt from: made by a process beside, used as they come.

They are kept in a folder, so that a run that goes on need not make them again.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.io.atomic import replacing
from napari_mfif.training.data import read_pictures

__all__ = ["Examples", "Source", "finished", "held_back"]

Float = NDArray[np.float32]
E = TypeVar("E")

#: Stacks to a file; so many files have to be there before the first step.
PER_FILE, FIRST = 10, 4
#: Seconds between two looks for new files.
PAUSE = 5.0
#: What examples to learn from and those held back are drawn by, beside the seed.
LEARNT, HELD_BACK = 0, 1
#: How many are held back.
HELD_BACK_COUNT = 60


@dataclass(frozen=True)
class Source(Generic[E]):
    """Where examples come from.

    Parameters
    ----------
    kind : type
        A dataclass of arrays of fixed shapes, and of words.
    draw : callable
        Draws one, and may show photographs in it; a function of a module.
    """

    kind: type[E]
    draw: Callable[[np.random.Generator, Sequence[Float]], E]

    def example(self, seed: int, part: int, number: int, photographs: Sequence[Float]) -> E:
        """Draw an example that depends on nothing but these numbers."""
        return self.draw(np.random.default_rng([seed, 31, part, number]), photographs)


def held_back(source: Source[E], photographs: Sequence[Float]) -> list[E]:
    """Return examples to judge by: the same whatever the seed of the run."""
    return [source.example(0, HELD_BACK, n, photographs) for n in range(HELD_BACK_COUNT)]


class Examples(Generic[E]):
    """Examples in a folder, more and more of them.

    Parameters
    ----------
    data : Path
        The folder of photographs.
    folder : Path
        Where the examples are kept.
    source : Source
        What they are.
    seed : int
        What they are drawn from.
    count : int
        How many there are in the end.
    """

    def __init__(
        self, data: Path, folder: Path, source: Source[E], *, seed: int, count: int
    ) -> None:
        self._source = source
        self._folder, self._files = folder, -(-count // PER_FILE)
        self._read: set[Path] = set()
        self._looked = 0.0
        self.ready: list[E] = []
        folder.mkdir(parents=True, exist_ok=True)
        made = multiprocessing.get_context("spawn").Process(
            target=_make, args=(data, folder, source, seed, self._files), daemon=True
        )
        made.start()
        self._process = made

    def look(self) -> list[E]:
        """Return the examples made so far, waiting for the first ones."""
        while True:
            if time.monotonic() - self._looked > PAUSE:
                self._looked = time.monotonic()
                self._read_new()
            if len(self._read) >= min(FIRST, self._files):
                return self.ready
            if self._process.exitcode:
                raise ReadError("The process that makes the stacks to learn from has ended.")
            time.sleep(1)

    def _read_new(self) -> None:
        for path in finished(self._folder):
            if path not in self._read:
                self.ready += _examples(path, self._source.kind)
                self._read.add(path)


def finished(folder: Path) -> list[Path]:
    """Return the files of examples that are whole; one being written begins with a dot."""
    return sorted(path for path in folder.glob("*.npz") if not path.name.startswith("."))


def _make(data: Path, folder: Path, source: Source[Any], seed: int, files: int) -> None:
    cv2.setNumThreads(1)
    photographs = [picture.pixels for picture in read_pictures(data, seed=seed).train]
    for number in range(files):
        path = folder / f"{number:05d}.npz"
        if path.exists():
            continue
        numbers = range(number * PER_FILE, (number + 1) * PER_FILE)
        made = [source.example(seed, LEARNT, n, photographs) for n in numbers]
        together: dict[str, Any] = {
            f.name: np.stack([getattr(m, f.name) for m in made]) for f in fields(source.kind)
        }
        with replacing(path, overwrite=True) as unfinished, unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **together)


def _examples(path: Path, kind: type[E]) -> list[E]:
    with np.load(path) as together:
        maps = {name: together[name] for name in together.files}
    count = len(next(iter(maps.values())))
    return [kind(**{name: values[n] for name, values in maps.items()}) for n in range(count)]
