from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.driver import plan
from napari_mfif.engine.folded import fold_all, fold_region
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.process import client as module
from napari_mfif.engine.process.client import Worker, in_worker
from napari_mfif.engine.survey import SurveyedTimepoint
from napari_mfif.errors import MfifError, ParameterError
from napari_mfif.methods import registry
from napari_mfif.notices import listening, notice
from napari_mfif.settings.parameters import resolve


@pytest.fixture(scope="module")
def worker():
    """One process for all tests; whoever kills it lets the next one start it again."""
    worker = Worker()
    yield worker
    worker.stop()


def prepared(name, pixels):
    """What a fold is driven with."""
    method, reader = registry.get(name), PlaneReader(ZStack.from_array(pixels))
    settings = resolve(method.all_parameters(), {}, owner=name)
    settings |= {"along": method.along[0], "device": "cpu"}
    return SurveyedTimepoint.of(method, settings, reader)


def elsewhere(timepoint, worker):
    return replace(timepoint, method=in_worker(timepoint.method, worker))


def folded(timepoint, budget=1 << 30):
    layout = plan(timepoint.method, timepoint.settings, timepoint.reader, budget)
    return fold_all(fold_region(timepoint, layout)).answer


def shared_files():
    return {path.name for path in Path("/dev/shm").glob(f"mfif_{os.getpid()}_*")}


@pytest.mark.parametrize("name", registry.names())
def test_fold_gives_the_same_wherever_it_runs(name, slope, worker) -> None:
    before = shared_files()
    timepoint = prepared(name, slope[0][:, :40, :60])
    here = folded(timepoint)
    there = folded(elsewhere(timepoint, worker))
    for part in ("depth", "decision", "confidence", "pixels"):
        np.testing.assert_array_equal(getattr(there, part), getattr(here, part))
    assert there.depth.flags.writeable
    assert shared_files() == before  # while the process is still there


@pytest.mark.torch
def test_network_runs_without_torch_in_this_process(slope, tmp_path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np
import test_process as t
seen = t.prepared("cnn", np.load(sys.argv[1])[:3, :40, :50])
worker = t.Worker()
remote = t.elsewhere(seen, worker)
print(t.folded(remote).decision.shape, "torch" in sys.modules)
plane = next(seen.reader.planes(seen.preparation))
scores = remote.method.score(plane, seen.settings, seen.survey)
print(scores.shape, "torch" in sys.modules)
"""
    pixels = tmp_path / "slope.npy"
    np.save(pixels, slope[0])
    done = subprocess.run(
        [sys.executable, "-c", code, str(pixels)], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["(40, 50) False", "(40, 50) False"], done.stderr
    assert not done.stderr


def test_states_that_nobody_holds_are_forgotten(slope, worker) -> None:
    worker._dropped.clear()
    timepoint = prepared("gradient", slope[0])
    method, settings, survey = timepoint.method, timepoint.settings, timepoint.survey
    remote = in_worker(method, worker)
    from napari_mfif.methods.base import Region

    state = remote.begin(Region.whole(survey.plane_shape), settings, survey)
    pid = worker.pid
    del state
    gc.collect()
    assert len(worker._dropped) == 1
    kept = remote.begin(Region.whole(survey.plane_shape), settings, survey)
    assert worker.pid == kept.pid == pid
    assert not worker._dropped


def test_errors_arrive_as_they_are(worker) -> None:
    with pytest.raises(ParameterError, match="Unknown method 'nothing'"):
        worker.call("score", "nothing", None, {}, None)
    with pytest.raises(KeyError):
        worker.call("finish", 77)
    assert worker.pid is not None


def test_killed_process_is_a_plain_error_and_the_next_run_works(slope, worker) -> None:
    before = shared_files()
    timepoint = prepared("gradient", slope[0])
    remote = elsewhere(timepoint, worker)
    layout = plan(remote.method, remote.settings, remote.reader, 1 << 30)
    running = fold_region(remote, layout)
    next(running)
    os.kill(worker.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    with pytest.raises(MfifError, match="ended unexpectedly"):
        list(running)
    assert shared_files() == before
    assert folded(remote).depth.shape == (67, 93)


def test_stop_ends_a_call_that_is_under_way(slope, worker) -> None:
    with pytest.raises(KeyError):  # it is there, and answers
        worker.call("finish", 77)
    failed = []

    def wait() -> None:
        try:
            worker.call("score", "sleeping", None, {}, None)
        except MfifError as error:
            failed.append(str(error))

    process = worker._process
    os.kill(process.pid, signal.SIGSTOP)  # as if it took long
    thread = threading.Thread(target=wait)
    thread.start()
    while not worker._lock.locked():  # the call has begun
        time.sleep(0.01)
    time.sleep(0.1)
    worker.stop()
    thread.join(10)
    assert failed == ["The process that ran the network was stopped."]
    assert process.poll() is not None
    assert worker.pid is None


def test_without_shared_memory_arrays_go_through_the_pipe(slope, monkeypatch) -> None:
    monkeypatch.setattr(module, "can_share", lambda size: False)
    timepoint, worker = prepared("gradient", slope[0]), Worker()  # one that shares nothing yet
    try:
        there = folded(elsewhere(timepoint, worker))
        assert worker._memory is None
    finally:
        worker.stop()
    np.testing.assert_array_equal(there.depth, folded(timepoint).depth)


def test_child_ends_with_its_parent() -> None:
    code = (
        "from napari_mfif.engine.process.client import Worker; import os, time; w = Worker(); "
        "p = w._running(); print(p.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists() or "Z" in state_of(pid):
            return
        time.sleep(0.05)
    pytest.fail("the child is still there")


def state_of(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


class Telling:
    """Tells something where it is unpickled, which turns it into no number of a state."""

    def __reduce__(self):
        return notice, ("The lamp flickers.",)


def test_what_the_user_is_told_over_there_is_told_here(worker) -> None:
    heard = []
    with listening(heard.append), pytest.raises(KeyError):
        worker.call("finish", Telling())
    assert heard == ["The lamp flickers."]
