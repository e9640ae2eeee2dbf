"""The lazy pixels: indexing like numpy, from many threads, in other processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from napari_mfif.io import open_stack, pages

PIXELS = np.random.default_rng(2).integers(0, 60000, (2, 3, 5, 23, 37)).astype(np.uint16)

FORMS = {
    "flat": {},
    "deflate": {"compression": "zlib"},
    "tiles": {"tile": (16, 16), "compression": "lzw"},
}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def stack(request, tmp_path):
    options = {"ome": True, "photometric": "minisblack", "metadata": {"axes": "TCZYX"}}
    tifffile.imwrite(tmp_path / "a.ome.tif", PIXELS, **options, **request.param)
    return open_stack(tmp_path / "a.ome.tif")


@pytest.mark.parametrize(
    "index",
    [
        np.s_[1, 2, 4],
        np.s_[-1, 0, 2, 3:19, 5:9],
        np.s_[0, :, 1],
        np.s_[:, 1, ::2, ::-1, 4],
        np.s_[..., 7],
        np.s_[0, 0, 0, -1, -1],
        np.s_[1, 2, 4, 20:5:-4, ::-2],
        np.s_[1, 2, 4, 2:22:4, 3:30],
        np.s_[1, 2, 4, 1::15],
        np.s_[1, 2, 4, 5:5],
        np.s_[0, 1:1],
        np.s_[...],
        np.s_[None, 1, 2, 4],
        np.s_[0, [2, 0], 1],
        np.s_[0, 1, np.int64(3), 2:4],
    ],
    ids=str,
)
@pytest.mark.parametrize("apart", [0, 10**6], ids=["in pieces", "through whole rows"])
def test_indexing_is_that_of_numpy(stack, index, apart, monkeypatch):
    monkeypatch.setattr(pages, "APART", apart)
    monkeypatch.setattr(pages, "BUFFER", 300)
    np.testing.assert_array_equal(stack.pixels[index], PIXELS[index])


@pytest.mark.parametrize(
    "index", [np.s_[2], np.s_[0, 0, 5], np.s_[0, 0, 0, 0, 0, 0], np.s_[..., ...]]
)
def test_index_outside_is_refused(stack, index):
    with pytest.raises(IndexError):
        stack.pixels[index]


def test_eight_threads_read_the_right_pixels(stack):
    places = [(t, c, z) for t in range(2) for c in range(3) for z in range(5)] * 6

    def right(place):
        t, c, z = place
        return np.array_equal(stack.plane(z, t=t, c=c), PIXELS[place])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(right, places))


def test_pixels_may_be_sent_to_another_process(stack):
    there = pickle.loads(pickle.dumps(stack))
    np.testing.assert_array_equal(there.plane(4, t=1, c=2), PIXELS[1, 2, 4])


def test_dask_reads_a_plane_per_chunk(stack):
    lazy = stack.dask()
    assert lazy.chunks[:3] == ((1, 1), (1, 1, 1), (1, 1, 1, 1, 1))
    np.testing.assert_array_equal(lazy[1, :, 3].compute(), PIXELS[1, :, 3])


def test_no_file_stays_open(stack, tmp_path):
    stack.plane(1)
    (tmp_path / "a.ome.tif").rename(tmp_path / "b.ome.tif")
    psutil = pytest.importorskip("psutil")
    assert not [file for file in psutil.Process().open_files() if str(tmp_path) in file.path]


def test_reading_tiff_imports_nothing_heavy(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", PIXELS[0, 0], metadata=None)
    code = (
        "import sys; from napari_mfif.io import open_stack; "
        f"open_stack({str(tmp_path / 'a.tif')!r}).plane(0); "
        "print({m.split('.')[0] for m in sys.modules} & "
        "{'torch', 'dask', 'zarr', 'skimage', 'scipy', 'napari', 'qtpy', 'cv2'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
