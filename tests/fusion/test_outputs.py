"""Timepoints are written as they are done, and dropped."""

import numpy as np
import pytest
import tifffile

from napari_mfif import ZStack, fuse, iter_fuse


@pytest.mark.parametrize("ending", [".ome.tif", ".ome.zarr"])
def test_timepoints_written_on_the_way_are_those_of_a_fusion_in_memory(tmp_path, ending):
    stack = ZStack.from_array(
        np.random.default_rng(8).integers(0, 900, (3, 2, 4, 40, 50)).astype(np.uint16), "TCZYX"
    )
    paths = {name: tmp_path / f"{name}{ending}" for name in ("image", "depth", "decision")}
    last = list(iter_fuse(stack, method="gradient", outputs=paths))[-1]
    expected = fuse(stack, method="gradient")
    for name, path in paths.items():
        found = open_zarr_array(path) if ending.endswith("zarr") else tifffile.imread(path)
        np.testing.assert_array_equal(found, getattr(expected, name))
    assert last.finished and last.fusion is not None
    np.testing.assert_array_equal(np.asarray(last.fusion.depth), expected.depth)


@pytest.mark.parametrize("way", ["held", "streamed", "lazy"])
def test_files_of_some_planes_count_them_as_in_the_whole_stack(tmp_path, way):
    planes = np.random.default_rng(8).integers(0, 900, (7, 40, 50)).astype(np.uint16)
    part = ZStack.from_array(planes, "ZYX").part([1, 2, 4, 6])
    paths = {name: tmp_path / f"{name}.ome.tif" for name in ("decision", "depth", "runner_up")}
    expected = fuse(part, method="gradient")
    if way == "streamed":
        for _ in iter_fuse(part, method="gradient", outputs=paths):
            pass
    else:
        fuse(part, method="gradient", lazy=way == "lazy").save_all(paths)
    numbers = np.array([1, 2, 4, 6])
    for name in ("decision", "runner_up"):
        written = tifffile.imread(paths[name])
        np.testing.assert_array_equal(written, numbers[getattr(expected, name)])
    depth = np.interp(expected.depth, range(4), numbers)
    np.testing.assert_allclose(tifffile.imread(paths["depth"]), depth, atol=1e-5)


def open_zarr_array(path):
    import zarr

    return zarr.open_group(path, mode="r")["0"][...]


def test_a_run_that_is_stopped_between_timepoints_leaves_no_file(tmp_path):
    stack = ZStack.from_array(
        np.random.default_rng(8).integers(0, 900, (3, 4, 40, 50)).astype(np.uint16), "TZYX"
    )
    steps = iter_fuse(stack, method="gradient", outputs={"image": tmp_path / "a.ome.tif"})
    for _ in range(8):
        next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_block_by_block_on_the_command_line_gives_the_same_file(tmp_path):
    from napari_mfif.cli import main

    planes = np.random.default_rng(4).integers(0, 900, (5, 90, 70)).astype(np.uint16)
    source = tmp_path / "stack.tif"
    tifffile.imwrite(source, planes, photometric="minisblack")
    words = ["fuse", str(source), "--axes", "ZYX", "--method", "gradient", "--quiet"]
    for name, more in (("whole", []), ("lazy", ["--lazy"])):
        depth = ["--depth", str(tmp_path / f"{name}.zarr")]
        assert main([*words, "-o", str(tmp_path / f"{name}.ome.tif"), *depth, *more]) == 0
    images = [tifffile.imread(tmp_path / f"{name}.ome.tif") for name in ("whole", "lazy")]
    np.testing.assert_array_equal(*images)
    depths = [open_zarr_array(tmp_path / f"{name}.zarr") for name in ("whole", "lazy")]
    np.testing.assert_allclose(*depths, atol=1e-5)


@pytest.mark.parametrize("composition", ["auto", "copy"])
def test_an_image_without_maps_is_the_one_with_them(tmp_path, composition):
    planes = np.random.default_rng(5).integers(0, 900, (7, 90, 70)).astype(np.uint16)
    path = tmp_path / "a.ome.tif"
    last = list(iter_fuse(planes, outputs={"image": path}, composition=composition))[-1]
    expected = fuse(planes, composition=composition)
    np.testing.assert_array_equal(tifffile.imread(path), expected.image)
    assert last.fusion is not None
    np.testing.assert_array_equal(np.asarray(last.fusion.confidence), expected.confidence)


@pytest.mark.parametrize("way", ["lazy", "decided"])
def test_a_lazy_fusion_and_a_given_decision_are_written_too(tmp_path, way):
    planes = np.random.default_rng(6).integers(0, 900, (4, 40, 50)).astype(np.uint16)
    expected = fuse(planes, method="gradient")
    more = {"lazy": True} if way == "lazy" else {"decision": expected.decision}
    paths = {name: tmp_path / f"{name}.ome.tif" for name in ("image", "decision")}
    *_, last = iter_fuse(planes, method="gradient", outputs=paths, **more)
    assert last.finished
    for name, path in paths.items():
        np.testing.assert_array_equal(tifffile.imread(path), getattr(expected, name))
