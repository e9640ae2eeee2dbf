"""Timepoints and chunks run on the workers of a cluster, also when one of them is lost."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
import tifffile

from napari_mfif import ZStack, fuse, iter_fuse
from napari_mfif.engine import cluster as engine_cluster
from napari_mfif.errors import MfifError, ReadError

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    """A client of two worker processes."""
    settings = {
        "n_workers": 2,
        "threads_per_worker": 1,
        "processes": True,
        "dashboard_address": ":0",
    }
    with distributed.LocalCluster(**settings) as local, distributed.Client(local) as made:
        yield made


@pytest.fixture(scope="module")
def film(slope):
    """Four timepoints that are not alike."""
    return np.stack([np.roll(slope[0], 5 * t, axis=1) for t in range(4)])


class Slow:
    """A film that takes its time, and notes in a folder who reads it."""

    def __init__(self, film: np.ndarray, folder: str, pause: float = 0.1) -> None:
        self.film, self.folder, self.pause = film, folder, pause
        self.shape, self.dtype, self.ndim = film.shape, film.dtype, film.ndim

    def __getitem__(self, index):
        time.sleep(self.pause)
        with open(os.path.join(self.folder, f"{index[0]}-{os.getpid()}"), "a") as notes:
            notes.write("read\n")
        return self.film[index]


class Damaged:
    """A film of which a plane cannot be read."""

    def __init__(self, film: np.ndarray, place: tuple[int, int]) -> None:
        self.film, self.place = film, place
        self.shape, self.dtype, self.ndim = film.shape, film.dtype, film.ndim

    def __getitem__(self, index):
        if tuple(index[:2]) == self.place:
            raise ReadError(f"Plane {self.place[1]} of timepoint {self.place[0]} is damaged.")
        return self.film[index]


def alone(film):
    """Fuse without looking for a cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari_mfif.fusion.api.current_client", lambda: None)
        return fuse(film, axes="TZYX", method="gradient")


def test_lazy_results_are_computed_on_the_client(client, film) -> None:
    expected = alone(film)
    made = fuse(film, axes="TZYX", method="gradient", lazy=True)
    image, depth = client.gather(client.compute([made.image, made.depth]))
    np.testing.assert_array_equal(image, expected.image)
    np.testing.assert_array_equal(depth, expected.depth)
    np.testing.assert_array_equal(made.scores[1, 2].compute(), expected.scores[1, 2].compute())


def test_timepoints_are_fused_on_both_workers(client, film, tmp_path) -> None:
    expected = alone(film)
    fusion = fuse(ZStack(Slow(film, str(tmp_path)), "TZYX"), method="gradient")
    np.testing.assert_array_equal(fusion.image, expected.image)
    np.testing.assert_array_equal(fusion.confidence, expected.confidence)
    readers = {note.name.split("-")[1] for note in tmp_path.iterdir()}
    assert len(readers) == 2
    assert str(os.getpid()) not in readers
    refined = fusion.refine(smooth_depth=1)
    np.testing.assert_array_equal(refined.depth, expected.refine(smooth_depth=1).depth)


def test_progress_counts_the_timepoints(client, film) -> None:
    steps = list(iter_fuse(film, axes="TZYX", method="gradient"))
    assert [step.done for step in steps[:-1]] == [0, 7, 14, 21, 28]
    assert steps[-1].finished


def test_closing_cancels_what_is_not_done(client, film, tmp_path) -> None:
    steps = iter_fuse(ZStack(Slow(film, str(tmp_path)), "TZYX"), method="gradient")
    next(steps)
    next(steps)
    steps.close()
    deadline = time.monotonic() + 20
    while any(client.processing().values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(client.processing().values())


def test_results_do_not_pile_up_before_whoever_takes_them_slowly(client, slope, tmp_path) -> None:
    film = np.stack([np.roll(slope[0], 5 * t, axis=1)[:3, :40, :40] for t in range(12)])
    steps = iter_fuse(ZStack(Slow(film, str(tmp_path), 0.0), "TZYX"), method="gradient")
    threads = sum(client.nthreads().values())
    begun, made = set(), None
    for taken, step in enumerate(steps):
        made = step.fusion
        time.sleep(0.3)
        begun = {int(note.name.split("-")[0]) for note in tmp_path.iterdir()}
        assert len(begun) <= taken + engine_cluster.AHEAD * threads
    assert begun == set(range(12))
    np.testing.assert_array_equal(made.image, alone(film).image)


def test_timepoints_of_a_cluster_are_written_as_they_come(client, film, tmp_path) -> None:
    notes, out = tmp_path / "notes", tmp_path / "fused.ome.tif"
    notes.mkdir()
    slow = ZStack(Slow(film, str(notes), 0.0), "TZYX")
    *_, last = iter_fuse(slow, method="gradient", outputs={"image": out})
    assert last.finished
    assert str(os.getpid()) not in {note.name.split("-")[1] for note in notes.iterdir()}
    np.testing.assert_array_equal(tifffile.imread(out), alone(film).image)


def test_a_cluster_that_fails_leaves_no_file(client, film, tmp_path) -> None:
    broken = ZStack(Damaged(film, (3, 1)), "TZYX")
    outputs = {"image": tmp_path / "fused.ome.tif"}
    with pytest.raises(ReadError, match="Plane 1"):
        list(iter_fuse(broken, method="gradient", outputs=outputs))
    assert not list(tmp_path.iterdir())


def test_an_error_comes_through_in_its_own_words(client, film) -> None:
    broken = ZStack(Damaged(film, (2, 1)), "TZYX")
    with pytest.raises(ReadError, match=r"^Plane 1 of timepoint 2 is damaged.$"):
        fuse(broken, method="gradient")


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
def test_a_lost_worker_changes_nothing(client, film, tmp_path, lazy) -> None:
    expected = alone(film)
    slow = ZStack(Slow(film, str(tmp_path)), "TZYX")
    killed = []

    def kill_a_reader() -> None:
        while not killed:
            for note in tmp_path.iterdir():
                if note.read_text().count("read") >= 3:
                    killed.append(int(note.name.split("-")[1]))
                    os.kill(killed[0], signal.SIGKILL)
                    return
            time.sleep(0.02)

    killer = threading.Thread(target=kill_a_reader)
    killer.start()
    made = fuse(slow, method="gradient", lazy=lazy)
    image = np.asarray(made.image)
    killer.join()
    np.testing.assert_array_equal(image, expected.image)
    readers = {int(note.name.split("-")[1]) for note in tmp_path.iterdir()}
    assert killed[0] in readers
    assert len(readers) >= 2


def test_without_a_client_nothing_is_imported_or_sent(film) -> None:
    import subprocess
    import sys

    code = (
        "import numpy as np, sys; from napari_mfif import fuse; "
        "fuse(np.random.rand(2, 3, 40, 40), axes='TZYX', method='gradient'); "
        "print('distributed' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_task_that_fuses_does_not_wait_for_its_own_cluster(client, film) -> None:
    fused = client.submit(lambda: fuse(film, axes="TZYX", method="gradient").image).result(60)
    np.testing.assert_array_equal(fused, alone(film).image)
    assert engine_cluster.current_client() is client


def test_a_cluster_that_shrinks_and_grows_while_the_room_is_full(client, slope, tmp_path) -> None:
    film = np.stack([np.roll(slope[0], 5 * t, axis=1) for t in range(9)])
    cluster, began = client.cluster, threading.Event()

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 60
        while len(client.nthreads()) != count and time.monotonic() < deadline:
            time.sleep(0.02)

    def resize() -> None:
        began.wait(60)
        cluster.scale(1)
        wait_for(1)
        cluster.scale(3)

    resizing = threading.Thread(target=resize)
    resizing.start()
    made = None
    slow = ZStack(Slow(film, str(tmp_path), 0.02), "TZYX")
    for step in iter_fuse(slow, method="gradient"):
        made = step.fusion
        began.set()
        if step.done == 7:  # more is under way than a single worker has room for
            wait_for(1)
    resizing.join()
    cluster.scale(2)
    np.testing.assert_array_equal(made.image, alone(film).image)


def test_a_film_lost_with_all_its_workers_is_sent_again(slope, tmp_path) -> None:
    film = np.stack([np.roll(slope[0], 5 * t, axis=1) for t in range(6)])
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as local, distributed.Client(local) as made:
        fusion, killed = None, False
        for step in iter_fuse(film, axes="TZYX", method="gradient"):
            fusion = step.fusion
            if step.done and not killed:
                killed = True
                for process in made.run(os.getpid).values():
                    os.kill(process, signal.SIGKILL)
    np.testing.assert_array_equal(fusion.image, alone(film).image)


def test_a_film_in_memory_is_no_part_of_the_graph(client, recwarn) -> None:
    rng = np.random.default_rng(0)
    film = rng.integers(0, 60000, (3, 3, 1000, 1000), dtype=np.uint16)
    fuse(film, axes="TZYX", method="gradient")
    assert not [one for one in recwarn if "graph" in str(one.message)]


def test_workers_without_the_package_are_told_of(film) -> None:
    hide = "import sys\nsys.modules['napari_mfif'] = None"
    settings = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(**settings, preload=[hide]) as local,
        distributed.Client(local),
        pytest.raises(MfifError, match=r"Worker tcp.* has none: install it there"),
    ):
        fuse(film, axes="TZYX", method="gradient")


class OnlyHere:
    """Pixels of a file that other processes do not see."""

    def __init__(self, film: np.ndarray) -> None:
        self.film, self.home = film, os.getpid()
        self.shape, self.dtype, self.ndim = film.shape, film.dtype, film.ndim

    def __getitem__(self, index):
        if os.getpid() != self.home:
            raise FileNotFoundError("/here/film.tif")
        return self.film[index]


def test_a_file_that_workers_do_not_see_is_named(client, film) -> None:
    stack = ZStack(OnlyHere(film), "TZYX", source="/here/film.tif")
    with pytest.raises(ReadError, match=r"does not see /here/film.tif. Put it where"):
        fuse(stack, method="gradient")
