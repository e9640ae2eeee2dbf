"""What may befall a batch, one thing at a time: files that change or go, a clock that jumps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_mfif import fuse
from napari_mfif.fusion.batch import DONE, FAILED, SKIPPED, jobs_in

FAST = {"method": "gradient"}
LONG_AGO, AHEAD = 86400 * 365, 86400 * 365 * 60  # seconds since 1970


def planes(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4000, (4, 37, 41), dtype=np.uint16)


@pytest.fixture
def source(tmp_path) -> Path:
    tifffile.imwrite(tmp_path / "in" / "one.tif", planes(1), imagej=True, metadata={"axes": "ZYX"})
    return tmp_path / "in" / "one.tif"


@pytest.fixture
def job(source):
    """The job as a run finds it now."""
    return lambda: jobs_in(source.parent, source.parent.parent / "out", options=FAST)[0]


def once(do):
    """Do something after the first step of a job."""
    waiting = [do]
    return lambda _: waiting and waiting.pop()()


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "in").mkdir()


def test_a_file_that_is_written_anew_while_it_is_read_is_fused_again(job, source) -> None:
    def write() -> None:
        tifffile.imwrite(source, planes(2), imagej=True, metadata={"axes": "ZYX"})

    assert job().run(once(write)).state in (DONE, FAILED)
    assert job().run().state == DONE
    expected = fuse(planes(2), axes="ZYX", **FAST).image
    np.testing.assert_array_equal(tifffile.imread(job().output), expected)
    assert job().run().state == SKIPPED


def test_a_file_that_grows_while_it_is_read_is_fused_whole_in_the_end(job, source) -> None:
    one, *others = planes(1)[:, None]
    pages = {"photometric": "minisblack", "metadata": None}
    for part in (one, others[0], others[1]):
        tifffile.imwrite(source, part, append=part is not one, **pages)
    first = job().run(once(lambda: tifffile.imwrite(source, others[2], append=True, **pages)))
    assert first.state == DONE and "3 planes" in first.text
    assert job().run().state == DONE
    expected = fuse(planes(1), axes="ZYX", **FAST).image
    np.testing.assert_array_equal(tifffile.imread(job().output), expected)


def test_a_file_that_vanishes_before_it_is_read_fails_in_words_and_leaves_nothing(
    job, source
) -> None:
    waiting = job()
    source.unlink()
    outcome = waiting.run()
    assert outcome.state == FAILED and "one.tif" in outcome.text
    assert not waiting.output.exists()
    assert not list(waiting.note.parent.glob("*.new"))


@pytest.mark.parametrize("at", [LONG_AGO, AHEAD])
def test_results_of_a_wrong_clock_are_done_and_files_of_another_time_are_fused_again(
    job, source, at
) -> None:
    assert job().run().state == DONE
    os.utime(job().output, (at, at))
    assert job().run().state == SKIPPED
    os.utime(source, (at, at))
    assert job().run().state == DONE
    assert job().run().state == SKIPPED


@pytest.mark.skipif(sys.platform == "win32", reason="files are not limited so there")
def test_a_full_disk_fails_in_words_keeps_the_old_result_and_is_made_up_for(job, source) -> None:
    import resource

    assert job().run().state == DONE
    before = job().output.read_bytes()
    tifffile.imwrite(source, planes(2), imagej=True, metadata={"axes": "ZYX"})
    out = job().folder
    command = [sys.executable, "-m", "napari_mfif", "batch", str(source.parent), "-o", str(out)]
    full = subprocess.run(
        [*command, "--method", "gradient"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)),
    )
    assert full.returncode == 1 and "one" in full.stderr and "Traceback" not in full.stderr
    assert job().output.read_bytes() == before
    assert job().run().state == DONE
    assert job().output.read_bytes() != before
