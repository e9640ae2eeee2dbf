"""A folder of z-stacks is fused, finished after any interruption, and failures are told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.fusion.batch import DONE, FAILED, SKIPPED, iter_batch, jobs_in
from napari_mfif.io.collection import find_stacks

FAST = {"method": "gradient"}


@pytest.fixture(scope="module")
def planes():
    rng = np.random.default_rng(8)
    return rng.integers(0, 4000, (4, 37, 41), dtype=np.uint16)


def write(path: Path, pixels: np.ndarray, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, pixels, photometric="minisblack", **options)


@pytest.fixture
def folder(tmp_path, planes):
    """A stack file, one in a folder, a folder of planes, and a damaged file."""
    source = tmp_path / "in"
    write(source / "one.tif", planes, imagej=True, metadata={"axes": "ZYX"})
    write(source / "day 2" / "two.ome.tif", planes[::-1], metadata={"axes": "ZYX"})
    for z, plane in enumerate(planes):
        write(source / "well_A1" / f"z{z}.tif", plane)
    (source / "damaged.tif").write_bytes((source / "one.tif").read_bytes()[:900])
    return source


def names(found) -> list[str]:
    return sorted(one.name for one in found)


def run(*arguments) -> int:
    return main(["batch", *map(str, arguments), "--method", "gradient"])


def test_stacks_of_every_kind_are_found(tmp_path, planes) -> None:
    write(tmp_path / "multi page.tif", planes)
    write(tmp_path / "b1.tif", planes)
    write(tmp_path / "b2.tif", planes)
    with tifffile.TiffWriter(tmp_path / "several.ome.tif") as file:
        for _ in range(2):
            file.write(planes, photometric="minisblack", metadata={"axes": "ZYX"})
    for z, plane in enumerate(planes):
        for s in (1, 2):
            write(tmp_path / "positions" / f"exp_s{s}_z{z:03}.tif", plane)
        write(tmp_path / "deep" / "er" / f"{z}.tif", plane)
    write(tmp_path / "deep" / "reference.tif", planes[0])
    zarr.save_array(str(tmp_path / "plain.zarr"), planes)
    plate = zarr.open_group(str(tmp_path / "plate.zarr"), mode="w")
    plate.attrs["plate"] = {"wells": [{"path": "A/1"}, {"path": "B/2"}]}
    for well in ("A/1", "B/2"):
        group = plate.create_group(well)
        group.attrs["well"] = {"images": [{"path": "0"}]}
        image = group.create_group("0")
        image.create_array("0", shape=planes.shape, dtype=planes.dtype)[:] = planes
        axes = [{"name": name} for name in "zyx"]
        scales = {"axes": axes, "datasets": [{"path": "0"}]}
        image.attrs["multiscales"] = [scales]
    write(tmp_path / "out" / "old.tif", planes)
    found = find_stacks(tmp_path, leave_out=[tmp_path / "out"])
    assert names(found) == sorted(
        [
            "multi page",
            "b1",
            "b2",
            "several_series0",
            "several_series1",
            "positions/exp_s1",
            "positions/exp_s2",
            "deep/er",
            "plain",
            "plate/A_1_0",
            "plate/B_2_0",
        ]
    )
    for one in found:
        np.testing.assert_array_equal(one.open("ZYX").plane(2), planes[2])


def test_equal_names_are_told_apart(tmp_path, planes) -> None:
    write(tmp_path / "a.tif", planes)
    write(tmp_path / "a.tiff", planes)
    zarr.save_array(str(tmp_path / "A.zarr"), planes)
    assert (
        names(find_stacks(tmp_path)) == ["A_2", "a", "a_3"]
        or len({name.casefold() for name in names(find_stacks(tmp_path))}) == 3
    )


def test_a_batch_goes_on_after_a_failure_and_tells_it_at_the_end(folder, capsys) -> None:
    out = folder.parent / "out"
    assert run(folder, "-o", out, "--maps", "depth,confidence") == 1
    said = capsys.readouterr()
    assert "3 done, 0 done before, 1 failed" in said.out
    assert "1 failed:" in said.err
    assert "damaged  " in said.err
    assert "truncated or damaged" in said.err
    expected = fuse(folder / "one.tif", **FAST)
    np.testing.assert_array_equal(tifffile.imread(out / "one.ome.tif"), expected.image)
    np.testing.assert_array_equal(tifffile.imread(out / "one_depth.ome.tif"), expected.depth)
    assert (out / "day 2" / "two_confidence.ome.tif").is_file()
    assert (out / "well_A1.ome.tif").is_file()
    assert not (out / "damaged.ome.tif").exists()


def test_what_is_done_is_skipped_until_its_input_or_recipe_changes(folder, planes) -> None:
    out = folder.parent / "out"

    def states(**options) -> dict[str, str]:
        jobs = jobs_in(folder, out, options={**FAST, **options})
        return {outcome.name: outcome.state for outcome in iter_batch(jobs)}

    good = ["day 2/two", "one", "well_A1"]
    assert states() == {**dict.fromkeys(good, DONE), "damaged": FAILED}
    assert states() == {**dict.fromkeys(good, SKIPPED), "damaged": FAILED}
    write(folder / "damaged.tif", planes)
    write(folder / "one.tif", planes[:, ::-1], imagej=True, metadata={"axes": "ZYX"})
    (out / "well_A1.ome.tif").unlink()
    now = states()
    assert now == {**dict.fromkeys([*good, "damaged"], DONE), "day 2/two": SKIPPED}
    np.testing.assert_array_equal(
        tifffile.imread(out / "one.ome.tif"), fuse(planes[:, ::-1], **FAST).image
    )
    assert set(states(window=5).values()) == {DONE}
    assert set(states(window=5).values()) == {SKIPPED}


def test_memory_and_device_do_not_make_it_anew(folder) -> None:
    out = folder.parent / "out"
    run(folder, "-o", out, "--quiet")
    before = (out / "one.ome.tif").stat().st_mtime_ns
    run(folder, "-o", out, "--quiet", "--memory", "1GB", "--device", "cpu")
    assert (out / "one.ome.tif").stat().st_mtime_ns == before


def test_killed_and_started_again_it_does_the_rest_and_redoes_nothing(tmp_path, planes) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    for number in range(10):
        write(source / f"s{number}.tif", np.tile(planes, (1, 8, 8)))
    command = [sys.executable, "-m", "napari_mfif", "batch", str(source), "-o", str(out)]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(out.glob("s*.ome.tif"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait()
    done = {path: path.stat().st_mtime_ns for path in out.glob("s*.ome.tif")}
    assert 2 <= len(done) < 10
    for path in done:
        assert tifffile.imread(path).shape == (296, 328)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{10 - len(done)} done, {len(done)} done before" in again.stdout
    assert all(path.stat().st_mtime_ns == at for path, at in done.items())
    assert len(list(out.glob("s*.ome.tif"))) == 10
    assert not list(out.glob(".????????.*"))


def test_two_runs_at_once_share_the_work(tmp_path, planes) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    for number in range(8):
        write(source / f"s{number}.tif", np.tile(planes, (1, 5, 5)))
    command = [sys.executable, "-m", "napari_mfif", "batch", str(source), "-o", str(out)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    made = [int(text.splitlines()[-1].split(" done")[0]) for text in said]
    assert sum(made) == 8
    expected = fuse(source / "s3.tif").image
    for number in range(8):
        np.testing.assert_array_equal(tifffile.imread(out / f"s{number}.ome.tif"), expected)


def test_several_processes_give_the_same(folder) -> None:
    pytest.importorskip("distributed")
    out = folder.parent / "out"
    assert run(folder, "-o", out, "--workers", "2", "--quiet") == 1
    expected = fuse(folder / "one.tif", **FAST)
    np.testing.assert_array_equal(tifffile.imread(out / "one.ome.tif"), expected.image)


def test_a_cluster_is_reached_by_its_address_and_loses_a_worker(tmp_path, planes, capsys) -> None:
    distributed = pytest.importorskip("distributed")
    source, out = tmp_path / "in", tmp_path / "out"
    for number in range(12):
        write(source / f"s{number}.tif", np.tile(planes, (1, 6, 6)))
    local = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**local) as cluster:
        import threading

        def kill() -> None:
            deadline = time.monotonic() + 60
            while not list(out.glob("*.ome.tif")) and time.monotonic() < deadline:
                time.sleep(0.01)
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        code = run(source, "-o", out, "--scheduler", cluster.scheduler_address)
        killer.join()
    assert code == 0
    assert len(list(out.glob("*.ome.tif"))) == 12
    assert "failed" not in capsys.readouterr().out
    expected = fuse(source / "s3.tif", **FAST).image
    for path in out.glob("*.ome.tif"):
        np.testing.assert_array_equal(tifffile.imread(path), expected)


def test_a_recipe_is_taken_and_compared(folder, tmp_path) -> None:
    recipe = fuse(folder / "one.tif", method="gradient", window=15).recipe
    recipe.save(tmp_path / "r.json")
    out = folder.parent / "out"
    assert main(["batch", str(folder), "-o", str(out), "--recipe", str(tmp_path / "r.json")]) == 1
    from napari_mfif import Recipe

    assert Recipe.load(out / "one.ome.tif").parameters["window"] == 15
    note = json.loads((out / ".napari-mfif" / "one.json").read_text())
    assert '"window": 15' in note["options"]["recipe"]


def test_a_dry_run_writes_nothing(folder, capsys) -> None:
    out = folder.parent / "out"
    assert run(folder, "-o", out, "--dry-run") == 0
    assert "one" in capsys.readouterr().out
    assert not list(out.iterdir())


def test_wrong_use_is_told_before_any_work(folder, tmp_path, capsys) -> None:
    assert run(folder, "-o", folder) == 2
    assert run(tmp_path / "nowhere", "-o", tmp_path / "out") == 1
    assert run(folder, "-o", tmp_path / "out", "--maps", "dept") == 2
    assert run(folder, "-o", tmp_path / "out", "--set", "windw=3") == 2
    assert run(folder, "-o", tmp_path / "out", "--workers", "0") == 2
    said = capsys.readouterr().err
    assert "where the z-stacks lie" in said
    assert "Did you mean 'depth'" in said
    with pytest.raises(ReadError):
        find_stacks(tmp_path / "nowhere")
    with pytest.raises(ParameterError):
        jobs_in(folder, folder)


def test_what_is_left_out_is_told_with_the_reason(folder, planes, capsys) -> None:
    write(folder / "reference.tif", planes[0])
    write(folder / "well_A1" / "z0_thumb.tif", planes[0])
    (folder / "notes.txt").write_text("x")
    (folder / "scan.czi").write_bytes(b"ZISRAWFILE" + bytes(60))
    (folder / "well_A1" / "z9.tif").symlink_to(folder / "gone.tif")
    assert run(folder, "-o", folder.parent / "out") == 1
    said, failed = capsys.readouterr()
    assert "a single picture, whose name is not that of a plane: reference.tif" in said
    assert "or a correction picture: well_A1/z0_thumb.tif" in said
    assert "scan.czi is" in failed  # damaged, or its library is missing
    assert "a link whose file is gone: well_A1/z9.tif" in said
    assert "no images: 1 .txt" in said


def test_names_that_leave_a_question_fail_alone_and_a_pattern_settles_it(
    tmp_path, planes, capsys
) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    for sample in (1, 2):
        for z, plane in enumerate(planes):
            write(source / "asked" / f"bead{sample}_{z}.tif", plane)
            write(source / "known" / f"mouse{sample}_z{z}.tif", plane)
    assert run(source, "-o", out) == 1
    assert "--pattern 'bead{bead}_{z}.tif'" in capsys.readouterr().err
    assert names_of(out) == ["known/mouse1.ome.tif", "known/mouse2.ome.tif"]
    assert run(source / "asked", "-o", out / "asked", "--pattern", "{s}_{z}.tif") == 0
    assert names_of(out / "asked") == ["bead1.ome.tif", "bead2.ome.tif"]


def names_of(folder: Path) -> list[str]:
    found = folder.rglob("*.ome.tif")
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_links_are_not_followed_in_circles(folder) -> None:
    before = names(find_stacks(folder))
    (folder / "day 2" / "back").symlink_to(folder, target_is_directory=True)
    (folder / "again").symlink_to(folder / "day 2", target_is_directory=True)
    found = names(find_stacks(folder))
    assert len(found) == len(before)


def test_every_ending_that_opens_alone_is_seen(tmp_path, planes) -> None:
    kinds = ("lsm", "stk", "btf", "tf2", "tf8", "tif", "tiff", "TIF")
    for number, ending in enumerate(kinds):
        write(tmp_path / f"{'abcdefgh'[number]}.{ending}", planes)
    assert len(find_stacks(tmp_path)) == len(kinds)


def test_planes_in_folders_of_an_instrument_are_one_stack(tmp_path, planes) -> None:
    for z, plane in enumerate(planes):
        for well in ("A01", "B02"):
            for c in (1, 2):
                write(tmp_path / "p" / f"ZStep_{z + 1}" / f"exp_{well}_s1_w{c}.tif", plane + c)
    found = find_stacks(tmp_path)
    assert names(found) == ["p/exp_A01", "p/exp_B02"]
    stack = found[1].open()
    assert (stack.axes, stack.shape) == ("CZYX", (2, 4, 37, 41))
    np.testing.assert_array_equal(stack.plane(3, c=1), planes[3] + 2)


def test_a_lazy_batch_replaces_what_was_there(tmp_path, planes) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write(source / "one.tif", planes)
    for options in (FAST, {**FAST, "window": 5, "lazy": True}):
        assert [one.state for one in iter_batch(jobs_in(source, out, options=options))] == [DONE]
    expected = fuse(planes, method="gradient", window=5).image
    np.testing.assert_array_equal(tifffile.imread(out / "one.ome.tif"), expected)
