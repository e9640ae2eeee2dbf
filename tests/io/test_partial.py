"""Recordings that were stopped, whose description is odd, or that hold several positions."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from recordings import micromanager, ndtiff, ome_tiff

from napari_mfif.errors import AxesError, ReadError
from napari_mfif.io import open_stack
from napari_mfif.io.collection import find_stacks
from napari_mfif.io.partial import complete_part

PLANES = np.random.default_rng(2).integers(0, 9000, (12, 16, 24), dtype=np.uint16)
STEP = {"PhysicalSizeZ": 0.7}


@pytest.mark.parametrize("inner", ["", "<MetadataOnly/>", "<TiffData/>"])
def test_a_description_that_names_no_pages_keeps_channels_and_sizes(tmp_path, inner):
    stack = open_stack(
        ome_tiff(tmp_path / "a.ome.tif", PLANES[:6], inner, SizeC=2, SizeZ=3, **STEP)
    )
    assert (stack.axes, stack.z_step) == ("CZYX", 0.7)
    np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES[:6].reshape(2, 3, 16, 24))


def test_pages_beyond_the_description_are_left_out(tmp_path):
    stack = open_stack(ome_tiff(tmp_path / "a.ome.tif", PLANES[:6], "<TiffData/>", SizeZ=4))
    np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES[:4])
    assert "6 pages" in stack.notes[0]
    assert "4" in stack.notes[0]


def listed(n_pages, n_z, n_c=1):
    return "".join(
        f"<TiffData FirstZ='{i % n_z}' FirstC='{i // n_z % n_c}' FirstT='{i // n_z // n_c}' "
        f"IFD='{i}' PlaneCount='1'/>"
        for i in range(n_pages)
    )


@pytest.mark.parametrize("listing", [listed(7, 3), listed(15, 3), "<TiffData/>"])
def test_of_a_stopped_film_the_whole_timepoints_open(tmp_path, listing):
    stack = open_stack(ome_tiff(tmp_path / "a.ome.tif", PLANES[:7], listing, SizeZ=3, SizeT=5))
    assert (stack.axes, stack.shape) == ("TZYX", (2, 3, 16, 24))
    np.testing.assert_array_equal(stack.plane(1, t=1), PLANES[4])
    assert "of 5 planned timepoints, 2 timepoints are whole" in stack.notes[-1]


def test_of_a_stopped_stack_the_planes_with_all_channels_open(tmp_path):
    listing = listed(5, 4) + "<TiffData FirstZ='0' FirstC='1' IFD='4' PlaneCount='1'/>"
    path = ome_tiff(tmp_path / "a.ome.tif", PLANES[:3], "<TiffData/>", SizeZ=4)
    assert open_stack(path).n_planes == 3
    path = ome_tiff(tmp_path / "b.ome.tif", PLANES[:4], listing, SizeZ=4, SizeC=2)
    stack = open_stack(path)  # the second channel was never recorded
    assert (stack.axes, stack.n_planes) == ("CZYX", 4)


def test_what_is_complete_is_found():
    present = np.ones((4, 2, 5), bool)
    present[2, 1, 3:] = False
    kept, notes = complete_part(present, "TCZ")
    assert [one.tolist() for one in kept] == [[0, 1, 3], [0, 1], [0, 1, 2, 3, 4]]
    assert "of 4 planned timepoints, 3" in notes[0]
    kept, _ = complete_part(present[2:3], "TCZ")
    assert [one.tolist() for one in kept] == [[0], [0, 1], [0, 1, 2]]


@pytest.mark.parametrize("root", ["", "UUID='urn:uuid:1'"])
def test_a_renamed_single_file_opens(tmp_path, root):
    inner = (
        "<TiffData IFD='0' PlaneCount='6'><UUID FileName='old.ome.tif'>urn:uuid:1</UUID></TiffData>"
    )
    path = ome_tiff(tmp_path / "new.ome.tif", PLANES[:6], inner, root=root, SizeZ=3, SizeC=2)
    ome_tiff(tmp_path / "old.ome.tif", PLANES[6:], inner, root=root, SizeZ=3, SizeC=2)
    np.testing.assert_array_equal(open_stack(path).plane(1, c=1), PLANES[4])


SUMMARY = {"Prefix": "exp", "TimeFirst": True, "SlicesFirst": True, "z-step_um": 0.5}


def recorded(folder, positions, n_z=3, n_t=1, planned_t=None, planned=None):
    """Write a file per position; the value of a pixel tells position, time and plane."""
    about = {**SUMMARY, "Frames": planned_t or n_t, "Slices": n_z, "Channels": 1}
    about |= {"Positions": planned or len(positions)}
    for q in positions:
        frames = [
            ((0, z, t, q), np.full((16, 24), 100 * q + 10 * t + z))
            for t in range(n_t)
            for z in range(n_z)
        ]
        micromanager(folder / f"exp_MMStack_Pos{q}.ome.tif", frames, about)


def test_files_of_two_positions_are_a_stack_each(tmp_path):
    recorded(tmp_path, (0, 1))
    for q in (0, 1):
        stack = open_stack(tmp_path / f"exp_MMStack_Pos{q}.ome.tif")
        assert (stack.axes, stack.z_step) == ("ZYX", 0.5)
        assert stack.plane(2)[0, 0] == 100 * q + 2
        assert f"2 positions, numbered from 0; this is number {q}" in stack.notes[0]
    other = open_stack(tmp_path / "exp_MMStack_Pos1.ome.tif", series=0)
    assert other.plane(2)[0, 0] == 2
    found = find_stacks(tmp_path)
    assert [one.name for one in found] == ["exp_MMStack_Pos0", "exp_MMStack_Pos1"]
    assert [one.open().plane(1)[0, 0] for one in found] == [1, 101]


def test_one_copied_position_of_several_opens_alone(tmp_path):
    recorded(tmp_path, (1,), planned=3)
    assert open_stack(tmp_path / "exp_MMStack_Pos1.ome.tif").plane(2)[0, 0] == 102


def test_a_stopped_film_of_micromanager_opens(tmp_path):
    recorded(tmp_path, (0,), n_t=2, planned_t=9)
    stack = open_stack(tmp_path / "exp_MMStack_Pos0.ome.tif")
    assert (stack.axes, stack.shape[:2]) == ("TZYX", (2, 3))
    assert "2 of 9 timepoints" in stack.notes[-1]


def test_positions_in_one_file_are_chosen(tmp_path):
    frames = [
        ({"position": q, "z": z}, np.full((16, 24), 100 * q + z))
        for q in range(2)
        for z in range(3)
    ]
    path = ndtiff(tmp_path, "a", frames)
    assert [open_stack(path, series=q).plane(1)[0, 0] for q in (0, 1, "1")] == [1, 101, 101]
    assert len(find_stacks(tmp_path)) == 2
    assert open_stack(path, axes="CZYX").n_channels == 2
    with pytest.raises(ReadError, match="has no series 2"):
        open_stack(path, series=2)


def test_a_renamed_ndtiff_is_told_by_what_its_index_wants(tmp_path):
    frames = [({"z": z}, np.full((16, 24), z)) for z in range(3)]
    path = ndtiff(tmp_path, "a", frames)
    path.rename(tmp_path / "b.tif")
    with pytest.raises(ReadError, match=r"a_NDTiffStack\.tif is missing: NDTiff\.index"):
        open_stack(tmp_path / "b.tif")


def in_pieces(folder, name, written=None):
    """Write a file for each plane whose description calls them by `name`, maybe another."""
    blocks = "".join(
        f"<TiffData FirstZ='{z}' IFD='0' PlaneCount='1'>"
        f"<UUID FileName='{name.format(z)}'>urn:uuid:{z}</UUID></TiffData>"
        for z in range(4)
    )
    for z in range(4):
        path = folder / (written or name).format(z)
        ome_tiff(path, PLANES[z : z + 1], blocks, SizeZ=4, **STEP)
    return folder / (written or name).format(2)


@pytest.mark.parametrize("name", ["Z{}.OME.TIF", "sub/z{}.ome.tif", "C:\\data\\z{}.ome.tif"])
def test_pieces_that_were_moved_or_spelt_otherwise_are_found(tmp_path, name):
    path = in_pieces(tmp_path, name, "z{}.ome.tif")
    for source in (path, tmp_path):
        stack = open_stack(source)
        assert stack.z_step == 0.7
        np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES[:4])
    assert [len(one.paths) for one in find_stacks(tmp_path)] == [4]


def test_images_of_a_plane_each_are_asked_about(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as file:
        for plane in PLANES[:4]:
            file.write(plane, metadata={"axes": "YX"})
    with pytest.raises(AxesError, match=r'4 images of one plane each.*axes="ZYX"'):
        open_stack(tmp_path / "a.ome.tif")
    stack = open_stack(tmp_path / "a.ome.tif", axes="ZYX")
    np.testing.assert_array_equal(np.asarray(stack.pixels), PLANES[:4])


def test_channels_of_an_ndtiff_are_named_by_its_index(tmp_path):
    frames = [
        ({"z": z, "channel": c}, PLANES[2 * z + (c == "GFP")])
        for z in range(3)
        for c in ("DAPI", "GFP")
    ]
    stack = open_stack(ndtiff(tmp_path, "a", frames))
    assert stack.channel_names == ("DAPI", "GFP")
    np.testing.assert_array_equal(stack.plane(2, c=1), PLANES[5])
