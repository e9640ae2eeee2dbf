"""Large layers answer the window at once, and everybody else exactly."""

from __future__ import annotations

import copy
import threading

import dask.array as da
import numpy as np
import pytest
import tifffile

from napari_mfif.arrays.lazy_array import LazyArray, as_slices
from napari_mfif.errors import ReadError
from napari_mfif.io import open_stack
from napari_mfif.plugin.layers import multiscale as levels
from napari_mfif.plugin.layers import progressive as gradual
from napari_mfif.plugin.layers.progressive import progressive_levels
from napari_mfif.plugin.layers.tile_loader import tile_loader
from napari_mfif.plugin.reader import layers_of
from napari_mfif.settings.presets import PRESETS

WAIT = 60_000
PIXELS = np.random.default_rng(3).integers(1, 60_000, (3, 70, 110), dtype=np.uint16)

#: napari draws: what it does to the array of a level.
DRAWING = {"__name__": "napari.layers._scalar_field._slice", "np": np}
exec(
    "def drawn(level, view, place):\n    return np.asarray(level[view][place])\n"
    "def whole(level):\n    return np.asarray(level)\n",
    DRAWING,
)
ALL = (slice(None),) * 3


class Slow(LazyArray):
    """Pixels that are not given before the gate is open."""

    def __init__(self, pixels, *, cost=None):
        self.pixels, self.shape, self.dtype = pixels, pixels.shape, pixels.dtype
        self.block_shape = (16, 16)
        self.gate, self.read, self.cost = threading.Event(), [], cost

    def __getitem__(self, index):
        assert self.gate.wait(60)
        self.read.append(index)
        if self.cost is not None:
            raise self.cost
        return super().__getitem__(index)

    def _read(self, index):
        return self.pixels[as_slices(index)]


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(gradual, "SIDE", 16)
    yield
    settle()


@pytest.fixture
def small_is_large(monkeypatch):
    monkeypatch.setattr(levels, "LARGE", 5_000)
    monkeypatch.setattr("napari_mfif.engine.pyramid.SMALLEST", 25)


def settle():
    """Wait until the desk is empty."""
    waiting = threading.Event()
    for _ in range(3000):
        if tile_loader().is_idle():
            return
        waiting.wait(0.02)
    raise AssertionError("the desk is never done")


def test_whoever_does_not_draw_gets_the_pixels_as_they_are():
    (level,) = progressive_levels([da.from_array(PIXELS, chunks=(1, 32, 32))])
    for index in (np.s_[1], np.s_[:, 3:50:4, 7], np.s_[..., [1, 5]], np.s_[2, 60, 109]):
        np.testing.assert_array_equal(level[index], PIXELS[index])
    np.testing.assert_array_equal(np.asarray(level), PIXELS)
    assert copy.deepcopy(level) is level
    assert (level.shape, level.dtype, level.ndim, level.size) == (
        PIXELS.shape,
        PIXELS.dtype,
        3,
        PIXELS.size,
    )


@pytest.mark.parametrize("view", [ALL, np.s_[:, 13:57, 30:95], np.s_[0:3, 69:70, 109:110]], ids=str)
@pytest.mark.parametrize("place", [np.s_[1, :, :], np.s_[:, :, 0], np.s_[0:2, :, :]], ids=str)
@pytest.mark.parametrize("kind", ["pixels", "dask"])
def test_what_is_there_in_time_is_drawn_as_it_is(view, place, kind, monkeypatch):
    monkeypatch.setattr(gradual, "PATIENCE", 30)
    source = da.from_array(PIXELS, chunks=(1, 32, 45)) if kind == "dask" else Slow(PIXELS)
    if kind == "pixels":
        source.gate.set()
    (level,) = progressive_levels([source])
    found = DRAWING["drawn"](level, view, place)
    np.testing.assert_array_equal(found, PIXELS[view][place])


def test_colour_is_drawn(monkeypatch):
    monkeypatch.setattr(gradual, "PATIENCE", 30)
    colour = np.stack([PIXELS, PIXELS // 2, PIXELS // 3], -1)
    fine, _ = progressive_levels([colour, colour[:, ::2, ::2]], colour=True)
    found = DRAWING["drawn"](fine, np.s_[:, 10:40, 20:30, :], np.s_[2, :, :, :])
    np.testing.assert_array_equal(found, colour[2, 10:40, 20:30])


def test_coarser_levels_stand_in_for_what_is_not_there():
    fine, coarse = Slow(PIXELS), Slow(PIXELS[:, 1::2, 1::2])
    coarse.gate.set()
    near, far = progressive_levels([fine, coarse])
    DRAWING["drawn"](far, ALL, np.s_[1, :, :])
    settle()
    found = DRAWING["drawn"](near, np.s_[:, 20:50, 31:90], np.s_[1, :, :])
    rows, columns = np.mgrid[20:50, 31:90] // 2
    np.testing.assert_array_equal(found, coarse.pixels[1][rows, columns])
    fine.gate.set()
    settle()
    again = DRAWING["drawn"](near, np.s_[:, 20:50, 31:90], np.s_[1, :, :])
    np.testing.assert_array_equal(again, PIXELS[1, 20:50, 31:90])
    assert {index[0] for index in fine.read} == {1}, "other planes were read"
    tiles = {(index[1].start, index[2].start) for index in fine.read}
    assert len(tiles) == len(fine.read) == 3 * 5, "more was read than what is in view, or twice"


def test_of_several_wishes_the_last_one_counts():
    source = Slow(PIXELS)
    near, _ = progressive_levels([source, PIXELS[:, ::2, ::2]])
    for left in (0, 32, 64):
        DRAWING["drawn"](near, np.s_[:, 0:16, left : left + 32], np.s_[0, :, :])
    source.gate.set()
    settle()
    started, wanted = 3, {64, 80}  # one per thread may have been begun
    assert wanted <= {index[2].start for index in source.read}
    assert len(source.read) <= started + len(wanted)


def test_an_array_that_napari_keeps_is_filled_as_pixels_come():
    source = Slow(PIXELS[0])
    (level,) = progressive_levels([source])
    kept = DRAWING["whole"](level)
    assert not kept.any()
    source.gate.set()
    settle()
    np.testing.assert_array_equal(kept, PIXELS[0])


def forms(path, kind):
    """Write a stack whose sharp columns wander through the planes; with its own levels or not."""
    if kind == "flat":
        tifffile.imwrite(path, PIXELS, metadata={"axes": "ZYX"}, ome=True)
    elif kind == "coded":
        options = {"tile": (16, 16), "compression": "zlib"}
        tifffile.imwrite(path, PIXELS, metadata={"axes": "ZYX"}, ome=True, **options)
    else:
        with tifffile.TiffWriter(path, ome=True) as file:
            file.write(PIXELS, subifds=1, tile=(16, 16), metadata={"axes": "ZYX"})
            means = PIXELS.reshape(3, 35, 2, 55, 2).mean((2, 4)).astype(np.uint16)
            file.write(means, subfiletype=1, tile=(16, 16))
    return open_stack(path)


@pytest.mark.window
@pytest.mark.parametrize("kind", ["flat", "coded", "own levels"])
def test_results_lie_on_their_source_at_every_level(
    kind, tmp_path, viewer, panel, fused, small_is_large, monkeypatch
):
    monkeypatch.setattr(levels, "HUGE", 6_000)
    stack = forms(tmp_path / "a.ome.tif", kind)
    (data, options, _), *_ = layers_of(stack)
    source = viewer.add_image(data, **options)
    panel.method_box.apply(PRESETS[1])
    fused(panel)
    assert panel.run_box.problem.text() == ""
    shapes = [tuple(one) for one in source.level_shapes[:, 1:]]
    assert shapes == [(70, 110), (35, 55), (17, 27)]
    for name in ("in focus · a", "plane taken · a", "confidence · a", "height (planes) · a"):
        layer = viewer.layers[name]
        assert [tuple(one) for one in layer.level_shapes] == shapes
        np.testing.assert_allclose(layer.scale, source.scale[1:])
        np.testing.assert_allclose(layer.translate, source.translate[1:])
    fraction = PIXELS.reshape(3, 35, 2, 55, 2).mean((2, 4))
    np.testing.assert_allclose(np.asarray(source.data[1]), fraction, atol=1)
    fine = np.asarray(viewer.layers["in focus · a"].data[0])
    planes = np.asarray(viewer.layers["plane taken · a"].data[0]) - 1
    np.testing.assert_array_equal(fine, np.take_along_axis(PIXELS, planes[None], 0)[0])


@pytest.mark.window
def test_the_window_lives_while_pixels_are_read(viewer, qtbot):
    fine, coarse = Slow(PIXELS), Slow(PIXELS[:, 1::2, 1::2])
    data = progressive_levels([fine, coarse])
    layer = viewer.add_image(data, multiscale=True, contrast_limits=(0, 60_000))
    assert layer.thumbnail[..., :3].max() == 0
    coarse.gate.set()
    qtbot.waitUntil(lambda: layer.thumbnail[..., :3].max() > 0, timeout=WAIT)
    assert not fine.read
    layer.locked_data_level = 0
    shown = layer._slice.image.raw
    rows, columns = np.mgrid[:70, :110] // 2
    z = round(viewer.dims.point[0])
    np.testing.assert_array_equal(shown, coarse.pixels[z][rows, columns])
    fine.gate.set()
    qtbot.waitUntil(
        lambda: np.array_equal(layer._slice.image.raw, PIXELS[z]),
        timeout=WAIT,
    )


@pytest.mark.window
def test_what_cannot_be_read_is_said_once(viewer, qtbot, monkeypatch):
    said = []
    monkeypatch.setattr("napari.utils.notifications.show_warning", said.append)
    broken = Slow(PIXELS, cost=ReadError("Page 2 of a.tif is damaged."))
    broken.gate.set()
    coarse = Slow(PIXELS[:, ::2, ::2])
    coarse.gate.set()
    layer = viewer.add_image(progressive_levels([broken, coarse]), multiscale=True)
    layer.locked_data_level = 0
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    settle()
    qtbot.wait(200)
    assert said == ["Page 2 of a.tif is damaged."]


@pytest.mark.window
def test_a_large_stack_can_be_looked_at_in_3d(viewer, qtbot):
    data = progressive_levels([PIXELS, PIXELS[:, ::2, ::2]])
    layer = viewer.add_image(data, multiscale=True, contrast_limits=(0, 60_000))
    viewer.dims.ndisplay = 3
    qtbot.waitUntil(
        lambda: np.array_equal(layer._slice.image.raw, PIXELS[:, ::2, ::2]), timeout=WAIT
    )


@pytest.mark.window
def test_saving_a_large_layer_writes_its_pixels(viewer, tmp_path):
    from napari_mfif.plugin.writer import write_image_layer

    layer = viewer.add_image(
        progressive_levels([PIXELS, PIXELS[:, ::2, ::2]]), multiscale=True, contrast_limits=(0, 1)
    )
    data, attributes, _ = layer.as_layer_data_tuple()
    write_image_layer(str(tmp_path / "a.ome.tif"), data, attributes)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.ome.tif"), PIXELS)
