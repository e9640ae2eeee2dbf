"""With lazy=True chunks are fused where they are looked at, and equal what fuse gives at once."""

from __future__ import annotations

import threading

import dask
import dask.array as da
import numpy as np
import pytest

from napari_mfif import ZStack, fuse, methods
from napari_mfif.arrays.axes import guess_axes
from napari_mfif.arrays.cache import SizedCache
from napari_mfif.engine import lazy
from napari_mfif.engine import sampling as windows
from napari_mfif.errors import ParameterError, WriteError
from napari_mfif.fusion.heights import map_of
from napari_mfif.io import open_stack
from napari_mfif.kernels.hot_pixels import REACH

METHODS = methods.names()
#: Parameters with which blocks of small images do not see the whole.
FEW_PIXELS = {"laplacian": {"levels": 2}, "guided": {"base_radius": 9}}


@pytest.fixture(scope="module")
def pixels(slope):
    return np.tile(slope[0], (1, 4, 3))  # 268 x 279


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(lazy, "SMALL", 128)
    monkeypatch.setattr(lazy, "HALOS_PER_BLOCK", 0.5)


def same(eager, made) -> None:
    names = ("image", "depth", "decision", "confidence")
    found = dict(zip(names, dask.compute(*(getattr(made, n) for n in names)), strict=True))
    for name in names:
        expected = getattr(eager, name)
        assert found[name].shape == getattr(made, name).shape == expected.shape
        assert found[name].dtype == getattr(made, name).dtype == expected.dtype
    alike = found["decision"] == eager.decision
    assert np.mean(~alike) < 1e-4
    np.testing.assert_allclose(found["depth"][alike], eager.depth[alike], atol=1e-4)
    np.testing.assert_allclose(found["confidence"], eager.confidence, atol=2e-5)
    apart = np.abs(found["image"].astype(int) - eager.image)
    assert np.mean(apart > 1) < 1e-4


@pytest.mark.parametrize("method", METHODS)
def test_lazy_equals_eager(method, pixels, small_blocks, monkeypatch) -> None:
    if methods.get(method).neural:
        pixels = pixels[:3, :113, :109]
        monkeypatch.setattr(lazy, "SMALL", 64)
    if "joint" not in methods.get(method).along:  # it sees the whole anyway
        pixels = pixels[:, :71, :61]
    given = {"method": method, **FEW_PIXELS.get(method, {})}
    eager, made = fuse(pixels, **given), fuse(pixels, lazy=True, **given)
    settings = {**made.recipe.parameters, "along": made.recipe.along}
    halo = methods.get(method).halo(settings) + REACH
    assert made.image.numblocks >= (2, 2) or 2 * halo > min(pixels.shape[1:])
    same(eager, made)
    place = 1, slice(30, 60), slice(20, 61)
    np.testing.assert_allclose(made.scores[place], eager.scores[place], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("planes", [slice(None), slice(2, 4)], ids=["stack", "pair"])
@pytest.mark.parametrize(
    "steps",
    [
        {"small_regions": 0.01, "holes": 0.02},
        {"guided_radius": 6, "guided_epsilon": 0.01},
        {"small_regions": 0.004, "grow": 3, "smooth_depth": 6, "guided_radius": 4},
    ],
    ids=lambda steps: "+".join(steps),
)
def test_verification_is_exact_across_blocks(steps, planes, pixels, small_blocks) -> None:
    given = {"method": "gradient", "window": 3, "consistency": steps}
    eager, made = fuse(pixels[planes], **given), fuse(pixels[planes], lazy=True, **given)
    assert made.image.numblocks >= (2, 2)
    same(eager, made)
    np.testing.assert_array_equal(made.decision, eager.decision)


@pytest.mark.parametrize(("axes", "shape"), [("TCZYX", (2, 2, 7)), ("CZYXS", (2, 7))])
def test_axes_stay_in_their_order(axes, shape, slope, small_blocks) -> None:
    tall = np.tile(slope[0], (1, 2, 2))
    pixels = np.stack([tall, tall[::-1]])
    if axes == "TCZYX":
        pixels = np.stack([pixels, pixels[:, ::-1]])
    else:
        pixels = np.stack([pixels, pixels // 2, pixels // 3], axis=-1)
    eager = fuse(pixels, axes=axes, method="gradient", channel=0)
    made = fuse(pixels, axes=axes, method="gradient", channel=0, lazy=True)
    same(eager, made)
    assert made.scores.shape == eager.scores.shape


class Endless:
    """A stack of 5 planes of 20000 x 20000 that remembers what was read of it."""

    shape, dtype, ndim = (5, 20_000, 20_000), np.dtype(np.uint16), 3

    def __init__(self, tile: np.ndarray) -> None:
        self.tile, self.read = tile, 0

    def __getitem__(self, index):
        z, rows, columns = index
        rows = np.arange(20_000)[rows] % self.tile.shape[1]
        columns = np.arange(20_000)[columns] % self.tile.shape[2]
        self.read += len(rows) * len(columns)
        return self.tile[z][np.ix_(rows, columns)]


@pytest.mark.parametrize("method", ["adaptive", "gradient"])
def test_a_view_of_a_huge_stack_reads_only_what_it_needs(method, slope) -> None:
    source = Endless(slope[0])
    made = fuse(ZStack(source, "ZYX"), method=method, lazy=True)
    assert made.image.shape == (20_000, 20_000)
    assert source.read == 0
    made.image[9000:9100, 9000:9100].compute()
    survey = 2 * 5 * (windows.COUNT * windows.SIDE) ** 2
    block = 2 * 6 * 1000**2  # planes, and those looked at closely
    assert 0 < source.read < survey + block
    before = source.read
    made.depth[9010:9050, 9010:9050].compute()
    assert source.read == before, "the block that was made for the image is made again"


def test_a_timepoint_reads_no_other(slope) -> None:
    seen = set()

    class Noted:
        shape, dtype, ndim = (5, *slope[0].shape), slope[0].dtype, 4

        def __getitem__(self, index):
            seen.add(index[0])
            return slope[0][index[1:]]

    made = fuse(ZStack(Noted(), "TZYX"), method="gradient", lazy=True)
    made.image[3].compute()
    assert seen == {3}


@pytest.mark.parametrize("kind", ["dask", "zarr", "tiff"])
def test_any_array_and_file_can_be_lazy(kind, pixels, tmp_path, small_blocks) -> None:
    import tifffile
    import zarr

    if kind == "dask":
        source = da.from_array(pixels, chunks=(1, 100, 150))
    elif kind == "zarr":
        zarr.save_array(str(tmp_path / "a.zarr"), pixels)
        source = open_stack(tmp_path / "a.zarr")
    else:
        tifffile.imwrite(tmp_path / "a.tif", pixels, tile=(64, 64), compression="zlib")
        source = open_stack(tmp_path / "a.tif", axes="ZYX")
    assert guess_axes(pixels.shape, pixels.dtype) == "ZYX"
    eager = fuse(pixels, method="gradient")
    same(eager, fuse(source, method="gradient", lazy=True))


def test_processes_can_do_it(pixels, small_blocks) -> None:
    import pickle

    made = fuse(pixels, method="gradient", lazy=True)
    again = pickle.loads(pickle.dumps(made._fold))
    part = again.part(0, again.region(1, 1))
    np.testing.assert_array_equal(part.pixels[..., 0], made.image.blocks[1, 1])


def test_aligned_stacks_are_fused_lazily(small_blocks) -> None:
    from napari_mfif.simulation import simulate

    drifting = simulate("relief", seed=3, shape=(160, 190), planes=7, drift=3.0).stack
    eager = fuse(drifting, method="gradient", align="translation")
    made = fuse(drifting, method="gradient", align="translation", lazy=True)
    same(eager, made)
    assert made.common_area == eager.common_area


def test_refining_stays_lazy(pixels, small_blocks) -> None:
    made = fuse(pixels, method="gradient", lazy=True).refine(smooth_depth=1)
    same(fuse(pixels, method="gradient", consistency={"smooth_depth": 1}), made)


def test_lazy_results_are_saved_like_others(pixels, tmp_path, small_blocks) -> None:
    made = fuse(pixels, method="gradient", lazy=True)
    made.save(tmp_path / "lazy.ome.tif")
    made.save_map("decision", tmp_path / "decision.ome.tif")
    import tifffile

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "lazy.ome.tif"), made.image)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "decision.ome.tif"), made.decision)


@pytest.mark.parametrize("axes", ["ZYX", "TCZYX", "CZYXS"])
def test_blocks_are_made_once_for_all_that_is_written(
    axes, pixels, tmp_path, small_blocks, monkeypatch
) -> None:
    if axes == "TCZYX":
        pixels = np.stack([[pixels, pixels // 2], [pixels[:, ::-1], pixels // 3]])
    elif axes == "CZYXS":
        pixels = np.stack([np.stack([pixels, pixels // 2, pixels // 3], -1)] * 2)
    monkeypatch.setattr(lazy, "_PARTS", SizedCache(0))
    monkeypatch.setattr("napari_mfif.io.sinks.PLAIN_SIDE", 64)
    monkeypatch.setattr("napari_mfif.io.sinks.TILE", 16)
    monkeypatch.setattr("napari_mfif.fusion.spool.TOGETHER", 20_000)
    seen, told = [], []
    fused = lazy.LazyFold._fused
    monkeypatch.setattr(
        lazy.LazyFold, "_fused", lambda *given: seen.append(given[1:]) or fused(*given)
    )
    given = {"method": "gradient", "axes": axes, "channel": None if axes == "ZYX" else 0}
    made = fuse(pixels, lazy=True, **given)
    names = ("image", "depth", "height", "decision", "confidence")
    paths = {name: tmp_path / f"{name}.ome.tif" for name in names}
    made.save_all({**paths, "scores": tmp_path / "scores.ome.tif"}, progress=told.append)
    blocks = made.stack.n_times * len(made._fold.tiles[0]) * len(made._fold.tiles[1])
    assert blocks > made.stack.n_times
    assert sorted(map(str, seen)) == sorted(set(map(str, seen)))
    assert len(seen) == blocks
    assert told == sorted(told)
    assert told[-1] == 1
    monkeypatch.undo()
    eager = fuse(pixels, **given)
    import tifffile

    for name, path in paths.items():
        np.testing.assert_allclose(
            tifffile.imread(path), np.squeeze(map_of(eager, name)), atol=2e-4
        )
    assert sorted(tmp_path.iterdir()) == sorted([*paths.values(), tmp_path / "scores.ome.tif"])


def test_pictures_of_lazy_results_are_written_too(pixels, tmp_path, small_blocks) -> None:
    import cv2

    made = fuse(pixels, method="gradient", lazy=True)
    made.save_all({"image": tmp_path / "a.png", "depth": tmp_path / "depth.tif"})
    found = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found, made.image)


def test_no_room_for_what_is_made_is_said(pixels, tmp_path, small_blocks, monkeypatch) -> None:
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_mfif.fusion.spool._write", full)
    made = fuse(pixels, method="gradient", lazy=True)
    with pytest.raises(WriteError, match="No space left"):
        made.save(tmp_path / "a.ome.tif")
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_said_at_once_or_where_it_is_looked_at(pixels) -> None:
    with pytest.raises(ParameterError, match="Did you mean 'gradient'"):
        fuse(pixels, method="gradiant", lazy=True)
    with pytest.raises(ParameterError, match="lazy"):
        fuse(pixels, decision=np.zeros(pixels.shape[1:], np.uint8), lazy=True)
    broken = pixels.astype(np.float32)
    broken[2, 5, 7] = np.inf
    made = fuse(broken, method="gradient", lazy=True)
    assert np.isfinite(made.image.compute()).all()  # infinity is missing


def test_what_is_asked_for_twice_at_once_is_made_once() -> None:
    kept, made, start = SizedCache(10), [], threading.Barrier(4)

    def make():
        made.append(1)
        return "it"

    def ask():
        start.wait()
        assert kept.get("key", make, len) == "it"

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


def test_the_oldest_go_when_there_is_no_more_room() -> None:
    kept = SizedCache(10)
    for name in "abc":
        kept.get(name, lambda n=name: n * 4, len)
    assert kept.get("c", lambda: "new", len) == "cccc"
    assert kept.get("a", lambda: "new", len) == "new"
    assert kept.get("large", lambda: "x" * 99, len) == "x" * 99
    assert kept.get("large", lambda: "y", len) == "x" * 99


def test_a_failure_is_not_kept() -> None:
    kept = SizedCache(10)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0, len)
    assert kept.get("a", lambda: "fine", len) == "fine"
