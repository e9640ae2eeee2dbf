"""Files of microscopes, by optional libraries."""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from napari_mfif.errors import ReadError
from napari_mfif.io import open_stack
from napari_mfif.io.collection import find_stacks, search

PIXELS = np.random.default_rng(2).integers(0, 9000, (2, 3, 4, 2, 16, 24), dtype=np.uint16)
ND2 = b"\xda\xce\xbe\x0a" + bytes(60)


@pytest.fixture
def vendor(shared: Path) -> Path:
    """Return the folder of real files, where it is there."""
    folder = shared / "data/vendor"
    if not folder.is_dir():
        pytest.skip("the real files are not here")
    return folder


def test_czi_with_channels_times_and_compression(vendor):
    czifile = pytest.importorskip("czifile")
    stack = open_stack(vendor / "CellDivision_T3_Z5_CH2_X240_Y170_comp1.czi")
    assert (stack.axes, stack.shape) == ("TCZYX", (3, 2, 5, 170, 240))
    planes = [stack.plane(z, t=1, c=1) for z in range(5)]
    assert all(300 < np.median(plane) < 20000 for plane in planes)
    # neighbouring pixels of a picture are alike; wrongly decoded ones are not
    rows = planes[2].astype(float)
    assert np.corrcoef(rows[:-1].ravel(), rows[1:].ravel())[0, 1] > 0.8
    stack = open_stack(vendor / "CellDivision_T3_Z6_CH1_X300_Y200_DCV_ZSTD.czi")
    assert (stack.z_step, stack.unit) == (pytest.approx(0.32), "um")
    assert stack.channel_names == ("LED555",) or stack.n_channels == 1
    assert czifile is not None


def test_czi_scenes_are_stacks_of_their_own_and_tiles_lie_in_place(vendor):
    czifile = pytest.importorskip("czifile")
    from napari_mfif.io.vendor_czi import _decoded as decoded
    from napari_mfif.io.vendor_czi import _starts as starts

    path = vendor / "S3_1Pos_2Mosaic_T2_Z3_CH2_sm.czi"
    stack = open_stack(path, series=1)
    assert (stack.axes, stack.channel_names) == ("TCZYX", ("DAPI", "EGFP"))
    with czifile.CziFile(str(path)) as file:
        entries = [
            entry
            for entry in file.subblock_directory
            if {"S": 1, "T": 1, "C": 1, "Z": 2}.items() <= starts(entry).items()
        ]
        corner = [min(entry.start[axis] for entry in entries) for axis in (-3, -2)]
        entry = entries[-1]
        tile = decoded(entry, file)
        rows, columns = (
            slice(int(first - zero), int(first - zero + n))
            for first, zero, n in zip(
                (int(n) for n in entry.start[-3:-1]), corner, tile.shape, strict=True
            )
        )
    np.testing.assert_array_equal(stack.plane(2, t=1, c=1)[rows, columns], tile)


def test_lif_images_are_chosen_and_measured(vendor):
    liffile = pytest.importorskip("liffile")
    path = vendor / "testdata_2channel_xz.lif"
    stack = open_stack(path)
    assert (stack.axes, stack.n_planes, stack.unit) == ("CZYX", 128, "um")
    with liffile.LifFile(path) as file:
        whole = file.images[1].asarray()  # Y C Z X
    np.testing.assert_array_equal(np.asarray(stack.pixels), whole.transpose(1, 2, 0, 3))
    again = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(again.plane(5, c=1), stack.plane(5, c=1))
    with pytest.raises(ReadError, match="lines instead of planes"):
        open_stack(path, series="xzt")


def test_batch_sees_every_scene(vendor):
    pytest.importorskip("czifile")
    pytest.importorskip("liffile")
    found = search(vendor)
    names = [one.name for one in found.found]
    assert len([name for name in names if name.startswith("S3_")]) == 3
    assert "WellD6-7_S2" in str(found.left)


@pytest.fixture(autouse=True)
def forgotten():
    """Forget afterwards what spoke to a library that was only a stand-in."""
    yield
    for kind in ("czi", "nd2", "lif", "bioio"):
        sys.modules.pop(f"napari_mfif.io.vendor_{kind}", None)


class FakeNd2:
    """The public interface of `nd2.ND2File`, as far as it is used: T 2, P 3, Z 4, C 2."""

    def __init__(self, path):
        self.sizes = {"T": 2, "P": 3, "Z": 4, "C": 2, "Y": 16, "X": 24}
        self.dtype = PIXELS.dtype
        self.loop_indices = [
            {"T": t, "P": p, "Z": z} for t in range(2) for p in range(3) for z in range(4)
        ]
        channels = [SimpleNamespace(channel=SimpleNamespace(name=name)) for name in ("a", "b")]
        self.metadata = SimpleNamespace(channels=channels)

    def voxel_size(self):
        return SimpleNamespace(x=0.1, y=0.2, z=0.5)

    def read_frame(self, number):
        place = self.loop_indices[number]
        return PIXELS[place["T"], place["P"], place["Z"]]

    def close(self):
        """Close nothing."""


def stand_in(monkeypatch, name, **members):
    module = ModuleType(name)
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, f"napari_mfif.io.vendor_{name}", raising=False)


def test_nd2_positions_are_stacks_of_their_own(tmp_path, monkeypatch):
    stand_in(monkeypatch, "nd2", ND2File=FakeNd2)
    (tmp_path / "a.nd2").write_bytes(ND2)
    stack = open_stack(tmp_path / "a.nd2", series="P2")
    assert (stack.axes, stack.shape) == ("TCZYX", (2, 2, 4, 16, 24))
    assert (stack.z_step, stack.pixel_size, stack.channel_names) == (0.5, (0.2, 0.1), ("a", "b"))
    np.testing.assert_array_equal(stack.plane(3, t=1, c=1), PIXELS[1, 2, 3, 1])
    part = stack.plane(3, t=1, c=1, rows=slice(3, 9), columns=slice(2, 5))
    np.testing.assert_array_equal(part, PIXELS[1, 2, 3, 1, 3:9, 2:5])
    np.testing.assert_array_equal(
        np.asarray(stack.pixels[1, :, ::-2]), PIXELS[1, 2].swapaxes(0, 1)[:, ::-2]
    )
    assert [one.name for one in find_stacks(tmp_path)] == [f"a_series{p}" for p in range(3)]


class FakeBioImage:
    """The public interface of `bioio.BioImage`, as far as it is used."""

    scenes = ("left", "right")
    current_scene = "left"
    shape = (1, 2, 4, 16, 24)
    dtype = PIXELS.dtype
    channel_names = ("a", "b")
    dims = SimpleNamespace(order="TCZYX")
    physical_pixel_sizes = SimpleNamespace(Z=0.5, Y=None, X=None)

    def __init__(self, path):
        """Open nothing."""

    def set_scene(self, key):
        self.current_scene = key

    def get_image_dask_data(self, order, T, C, Z):
        assert order == "YX"
        return PIXELS[T, self.scenes.index(self.current_scene), Z, C]


def test_what_bioio_reads_comes_through_the_same_door(tmp_path, monkeypatch):
    stand_in(monkeypatch, "bioio", BioImage=FakeBioImage)
    (tmp_path / "a.vsi").write_bytes(b"something")
    stack = open_stack(tmp_path / "a.vsi", series="right")
    assert (stack.axes, stack.z_step, stack.channel_names) == ("CZYX", 0.5, ("a", "b"))
    np.testing.assert_array_equal(stack.plane(2, c=1), PIXELS[0, 1, 2, 1])


@pytest.mark.parametrize(
    ("name", "start", "advice"),
    [
        ("a.czi", b"ZISRAWFILE", r"'napari-mfif\[formats\]'"),
        ("a.nd2", ND2, r"'napari-mfif\[formats\]'"),
        ("a.lif", b"\x70\0\0\0", r"'napari-mfif\[formats\]'"),
        ("a.dv", b"something", "install bioio bioio-dv"),
    ],
)
def test_a_missing_library_is_named(tmp_path, monkeypatch, name, start, advice):
    for library in ("czifile", "nd2", "liffile", "bioio"):
        monkeypatch.setitem(sys.modules, library, None)
    for module in ("czi", "nd2", "lif", "bioio"):
        monkeypatch.delitem(sys.modules, f"napari_mfif.io.vendor_{module}", raising=False)
    (tmp_path / name).write_bytes(start + bytes(60))
    with pytest.raises(ReadError, match=f"needs another package: .*{advice}"):
        open_stack(tmp_path / name)


# the libraries may leave a file open that they cannot follow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("name", "start"), [("a.czi", b"ZISRAWFILE"), ("a.nd2", ND2), ("a.lif", b"\x70\0\0\0")]
)
def test_a_damaged_file_is_refused_in_words(tmp_path, name, start):
    pytest.importorskip({"a.czi": "czifile", "a.nd2": "nd2", "a.lif": "liffile"}[name])
    (tmp_path / name).write_bytes(start + bytes(60))
    with pytest.raises(ReadError, match="is damaged"):
        open_stack(tmp_path / name)


def test_files_written_here_open_as_real_ones_do(tmp_path):
    pytest.importorskip("czifile")
    pytest.importorskip("liffile")
    from vendor_files import czi, lif

    pair = PIXELS[:, :, 0, 0]
    files = czi(tmp_path / "a.czi", pair), czi(tmp_path / "b.czi", pair, compression=5)
    for path in (*files, lif(tmp_path / "a.lif", pair)):
        stack = open_stack(path)
        assert (stack.axes, stack.unit) == ("CZYX", "um")
        assert stack.z_step == pytest.approx(0.5)
        np.testing.assert_array_equal(np.asarray(stack.pixels), pair)


def test_a_file_that_says_it_holds_more_than_there_is_memory_for_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("liffile")
    from vendor_files import lif

    vendor_lif = import_module("napari_mfif.io.vendor_lif")

    def gives_up(path):
        raise MemoryError

    path = lif(tmp_path / "a.lif", PIXELS[:, :, 0, 0])
    monkeypatch.setattr(vendor_lif, "open_file", gives_up)
    with pytest.raises(ReadError, match="more than there is memory for"):
        open_stack(path)
