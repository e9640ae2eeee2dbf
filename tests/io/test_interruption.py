"""Whatever ends a run, nothing half-written stands under the name of a result."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from napari_mfif import ZStack, fuse, iter_fuse, open_stack
from napari_mfif.errors import WriteError
from napari_mfif.io import write_image

ENDINGS = [".ome.tif", ".ome.zarr"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX systems")

#: Writes an image of 40 planes that come slowly, and says when it is in the middle.
SLOW = """
import sys, time
import numpy as np
from napari_mfif.io import write_image
class Slow:
    shape, dtype, ndim = (40, 300, 300), np.dtype(np.uint16), 3
    def __getitem__(self, index):
        z = index[0] if isinstance(index, tuple) else index
        if z == 5:
            print("writing", flush=True)
        time.sleep(0.05)
        return np.zeros(self.shape, self.dtype)[index]
write_image(sys.argv[1], Slow(), axes="ZYX", overwrite=True)
print("written", flush=True)
"""


@pytest.fixture(scope="module")
def fusion():
    """A result of about half a megabyte that cannot be made smaller."""
    noise = np.random.default_rng(1).integers(0, 60_000, (3, 470, 560), dtype=np.uint16)
    return fuse(noise, method="gradient")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KB; only root can make one."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command).returncode:
        pytest.skip("needs to mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


@posix
@pytest.mark.parametrize("there", [False, True], ids=["new", "replacing"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_killed_while_writing_leaves_no_result_or_the_old_one(ending, there, tmp_path) -> None:
    target = tmp_path / f"result{ending}"
    old = np.full((3, 30, 40), 7, np.uint16)
    if there:
        write_image(target, old, axes="ZYX")
    command = [sys.executable, "-c", SLOW, str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout is not None
        assert writing.stdout.readline() == "writing\n"
        writing.send_signal(signal.SIGKILL)
        assert writing.stdout.read() == ""
    assert visible(tmp_path) == ([target.name] if there else [])
    if there:
        np.testing.assert_array_equal(open_stack(target).pixels[...], old)


@pytest.mark.parametrize("ending", ENDINGS)
def test_full_disk_is_said_plainly_and_leaves_nothing(ending, fusion, small_disk) -> None:
    with pytest.raises(WriteError, match=r"The disk is full: .*result.* Make room"):
        fusion.save(small_disk / f"result{ending}")
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_full_disk_keeps_what_was_to_be_replaced(ending, fusion, small_disk) -> None:
    target = small_disk / f"result{ending}"
    old = np.full((2, 20, 30), 9, np.uint8)
    write_image(target, old, axes="ZYX")
    with pytest.raises(WriteError, match="The disk is full"):
        fusion.save(target, overwrite=True)
    np.testing.assert_array_equal(open_stack(target).pixels[...], old)
    assert list(small_disk.iterdir()) == [target]


def test_chunks_still_under_way_when_one_fails_are_removed_too(tmp_path, monkeypatch) -> None:
    from zarr.storage import _local

    put, failed = _local._put, threading.Event()

    def first_chunk_fails(path, *rest, **options):
        if path.name == "0":
            failed.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        if path.name == "1":
            failed.wait()
            time.sleep(0.2)
        return put(path, *rest, **options)

    monkeypatch.setattr(_local, "_put", first_chunk_fails)
    with pytest.raises(WriteError, match="The disk is full"):
        write_image(tmp_path / "result.ome.zarr", np.ones((3, 600, 1200), np.uint8), axes="ZYX")
    time.sleep(0.4)
    assert list(tmp_path.iterdir()) == []


@posix
def test_command_that_cannot_write_on_ends_with_a_sentence(fusion, tmp_path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "in.tif", fusion.stack.pixels, photometric="minisblack")
    code = (
        "import resource, signal, sys; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "from napari_mfif.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    given = ["fuse", "in.tif", "--axes", "ZYX", "-o", "out.ome.tif", "--method", "gradient"]
    done = subprocess.run(
        [sys.executable, "-c", code, *given], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert "out.ome.tif" in done.stderr
    assert "not written" in done.stderr or "not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.tif"]


@posix
def test_killed_command_leaves_no_result(fusion, tmp_path) -> None:
    import tifffile

    pixels = np.tile(fusion.stack.pixels, (6, 3, 3))
    tifffile.imwrite(tmp_path / "in.tif", pixels, photometric="minisblack")
    command = [sys.executable, "-m", "napari_mfif", "fuse", "in.tif", "--axes", "ZYX"]
    command += ["-o", "out.ome.tif", "--depth", "depth.tif"]
    for wait in (0.3, 0.8):
        running = subprocess.Popen(command, cwd=tmp_path)
        time.sleep(wait)
        running.kill()
        running.wait()
        for name in set(visible(tmp_path)) - {"in.tif"}:
            assert tifffile.imread(tmp_path / name).shape == pixels.shape[1:]


def test_cancelling_at_any_step_leaves_nothing_running(slope) -> None:
    def busy() -> set[threading.Thread]:
        """Threads of a fold; a pool of helpers stays for the next one."""
        all_threads = threading.enumerate()
        ours = (one for one in all_threads if one.name.startswith("napari-mfif"))
        return {one for one in ours if "beside" not in one.name}

    before = busy()  # other tests may have left some that are ending
    for stop in range(1, 12, 2):
        steps = iter_fuse(slope[0])
        for _ in range(stop):
            next(steps, None)
        steps.close()
    assert busy() <= before


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_source_that_fails_while_writing_leaves_nothing(ending, lazy, slope, tmp_path) -> None:
    class Failing:
        shape, dtype, ndim = slope[0].shape, slope[0].dtype, 3
        broken = False

        def __getitem__(self, index):
            if self.broken:
                raise OSError("the cable fell out")
            return slope[0][index]

    source = Failing()
    made = fuse(ZStack(source, "ZYX"), method="gradient", lazy=lazy)
    source.broken = True
    with pytest.raises((OSError, WriteError)):
        made.save_map("scores", tmp_path / f"scores{ending}")
    assert list(tmp_path.iterdir()) == []
