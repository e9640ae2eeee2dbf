"""Many z-stacks by `napari-mfif batch`, with everything that goes wrong in a night.

usage: python -m benchmarks.soak [--stacks 500] [--folder FOLDER]

In this order: runs that are killed at any moment, two of them at once; a disk that is full; a file
that vanishes and one that grows while it is read; a clock that jumps. Then it is run to its end,
and looked at: nothing lost, nothing half, nothing done twice, memory flat. Prints what was found
and ends with an error where one of these does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile

from napari_mfif import fuse
from napari_mfif.fusion.batch import iter_batch, jobs_in

PLANES, SIDE = 5, 96
#: Runs are killed within so many seconds after their first result, or when there is none for long.
SOON, PATIENCE = 1.0, 20.0
#: A disk is as good as full where no file may have more bytes than this.
ROOM = 4096
#: In one process memory may grow by so much from the tenth part of the stacks to the end.
GROWTH = 8 << 20

DAY = 86400


def pixels(number: int) -> np.ndarray:
    """Return the planes of a stack, which no other has."""
    rng = np.random.default_rng(number)
    return rng.integers(0, 4000, (PLANES, SIDE, SIDE), dtype=np.uint16)


def write(path: Path, number: int) -> None:
    """Write a stack."""
    tifffile.imwrite(path, pixels(number), imagej=True, metadata={"axes": "ZYX"})


class Soak:
    """A folder of stacks, and what happens to it.

    Parameters
    ----------
    folder : Path
        An empty one.
    stacks : int
        How many.
    """

    def __init__(self, folder: Path, stacks: int) -> None:
        self.source, self.out = folder / "in", folder / "out"
        self.source.mkdir(parents=True)
        self.stacks = stacks
        for number in range(stacks):
            write(self.path(number), number)
        self.random = random.Random(stacks)

    def path(self, number: int) -> Path:
        """Return where a stack lies."""
        return self.source / f"s{number:04}.tif"

    def result(self, number: int) -> Path:
        """Return where its result is to be."""
        return self.out / f"s{number:04}.ome.tif"

    def start(self, *, room: int | None = None) -> subprocess.Popen[str]:
        """Start a run."""

        def limit() -> None:
            if room is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        command = [sys.executable, "-m", "napari_mfif", "batch", str(self.source)]
        return subprocess.Popen(
            [*command, "-o", str(self.out), "--method", "gradient"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=limit,
        )

    def finished(self) -> int:
        """Return how many results are there; a half one is an error."""
        found = sorted(self.out.glob("s*.ome.tif"))
        for path in found:
            assert tifffile.imread(path).shape == (SIDE, SIDE), f"{path} is half"
        return len(found)

    def kill(self, times: int) -> None:
        """Start two runs at once and kill both, again and again; none that is done is lost."""
        for _ in range(times):
            before = self.finished()
            runs = [self.start() for _ in range(2)]
            ready = time.monotonic() + PATIENCE
            while len(list(self.out.glob("s*.ome.tif"))) == before and time.monotonic() < ready:
                time.sleep(0.005)
            time.sleep(self.random.uniform(0, SOON) ** 3)  # mostly at once
            for run in runs:
                run.kill()
                run.communicate()
            assert self.finished() >= before, "a result is lost"

    def fill(self) -> None:
        """Run where files cannot be written: it fails in words, and leaves nothing half."""
        before = self.finished()
        run = self.start(room=ROOM)
        said = run.communicate()[0]
        assert run.returncode == (before < self.stacks), said
        assert "Traceback" not in said, said
        assert self.finished() == before, "a result came or went"

    def vanish_and_grow(self) -> tuple[int, int]:
        """Take a stack away and let one grow in the middle of a run; return which."""
        gone, growing = self.stacks - 1, self.stacks - 2
        whole = self.path(growing).read_bytes()
        self.path(growing).write_bytes(whole[: len(whole) // 2])
        run = self.start()
        time.sleep(0.8)
        self.path(gone).unlink(missing_ok=True)
        for end in range(len(whole) // 2, len(whole) + 1, 4096):
            self.path(growing).write_bytes(whole[:end])
            time.sleep(0.01)
        self.path(growing).write_bytes(whole)
        said = run.communicate()[0]
        assert "Traceback" not in said, said
        return gone, growing

    def jump(self) -> None:
        """Let the clock have been wrong: inputs and results lie a day ahead, or years back."""
        for path in self.source.iterdir():
            at = time.time() + self.random.choice([-5000 * DAY, DAY])
            os.utime(path, (at, at))
        for path in self.out.glob("s*.ome.tif"):
            at = time.time() + self.random.choice([-5000 * DAY, DAY])
            os.utime(path, (at, at))

    def end(self) -> str:
        """Run to the end, twice; the second time nothing is left to do."""
        said = self.start().communicate()[0]
        assert self.finished() == self.stacks, said
        again = self.start().communicate()[0].splitlines()[-1]
        assert again.startswith("0 done"), again
        for number in range(self.stacks):
            expected = fuse(pixels(number), axes="ZYX", method="gradient").image
            found = tifffile.imread(self.result(number))
            assert np.array_equal(found, expected), f"{self.result(number)} is another"
        left = [path for path in self.out.rglob("*") if ".new" in path.name or "tmp" in path.name]
        assert not left, f"left behind: {left}"
        return again

    def memory(self) -> int:
        """Fuse all of them anew in this process; return by how many bytes it grew."""
        sizes = []
        again = self.out.with_name("again")
        for _ in iter_batch(jobs_in(self.source, again, options={"method": "gradient"})):
            sizes.append(_resident())
        shutil.rmtree(again)
        return sizes[-1] - sizes[len(sizes) // 10]


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def soak(folder: Path, stacks: int, *, kills: int) -> int:
    """Do all of it; return by how many bytes memory grew."""

    def say(text: str) -> None:
        print(f"[{time.perf_counter() - began:5.0f} s] {text}", flush=True)

    began = time.perf_counter()
    trial = Soak(folder, stacks)
    trial.kill(kills)
    say(f"two runs at once killed {kills} times: {trial.finished()} of {stacks} done, none half")
    trial.fill()
    say(f"no room on the disk: {trial.finished()} done as before")
    gone, _ = trial.vanish_and_grow()
    say(f"one file vanished, one grew: {trial.finished()} done")
    write(trial.path(gone), gone)
    trial.jump()
    say(trial.end())
    grown = trial.memory()
    say(f"memory grew by {grown / 2**20:.1f} MB over {stacks} stacks in one process")
    return grown


def main(arguments: list[str] | None = None) -> int:
    """Soak; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stacks", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="an empty one; a temporary one otherwise")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mfif-soak-") as scratch:
        grown = soak(given.folder or Path(scratch), given.stacks, kills=given.kills)
    return int(grown > GROWTH)


if __name__ == "__main__":
    sys.exit(main())
