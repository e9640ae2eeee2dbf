"""A fusion in notebooks, figures, datasets and as layers."""

from __future__ import annotations

import re
import sys
from base64 import b64decode

import cv2
import dask.array as da
import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.arrays.lazy_array import LazyArray, as_slices
from napari_mfif.errors import ParameterError


@pytest.fixture(scope="module")
def stack(slope):
    sizes = {"pixel_size": (0.2, 0.4), "z_step": 0.5, "unit": "um"}
    return ZStack(slope[0], "ZYX", name="pollen <1>", **sizes)


@pytest.fixture(scope="module")
def fusion(stack):
    return fuse(stack, method="gradient")


@pytest.fixture(scope="module")
def film(slope):
    pixels = np.stack([np.stack([slope[0], slope[0][::-1]]), np.stack([slope[0]] * 2)])
    return ZStack(pixels, "TCZYX", channel_names=("DAPI", "GFP"), z_step=0.5, unit="um")


def pictures(html: str) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    images = [np.frombuffer(b64decode(text), np.uint8) for text in found]
    return [cv2.imdecode(one, cv2.IMREAD_UNCHANGED) for one in images]


class Counting(LazyArray):
    """A file's pixels that count what is read of them."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.dtype, self.read = pixels, pixels.shape, pixels.dtype, 0

    def _read(self, index):
        part = self.pixels[as_slices(index)]
        self.read += part.size
        return part


def test_a_stack_shows_its_middle_plane_and_facts(stack) -> None:
    html = stack._repr_html_()
    (plane,) = pictures(html)
    expected = stack.plane(3).astype(float)
    assert plane.shape == expected.shape
    assert np.corrcoef(plane.ravel(), expected.ravel())[0, 1] > 0.999
    assert "7 planes, 93 x 67, uint16, 0.5 um steps" in html
    assert "0.2 x 0.4 um" in html


def test_names_are_escaped(stack, fusion) -> None:
    for html in (stack._repr_html_(), fusion._repr_html_()):
        assert "pollen &lt;1&gt;" in html
        assert "<1>" not in html


def test_of_a_file_one_plane_is_read(slope) -> None:
    pixels = Counting(slope[0])
    assert len(pictures(ZStack(pixels, "ZYX")._repr_html_())) == 1
    assert pixels.read == slope[0][0].size


def test_a_large_file_is_shown_at_a_coarse_level_or_in_words() -> None:
    large = Counting(np.broadcast_to(np.uint8(7), (3, 3000, 3000)))
    stack = ZStack(large, "ZYX")
    assert pictures(stack._repr_html_()) == []
    assert large.read == 0
    large.coarser = [Counting(np.zeros((3, 60, 50), np.uint8))]
    (plane,) = pictures(stack._repr_html_())
    assert plane.shape == (60, 50)


def test_what_dask_would_compute_is_told_in_words() -> None:
    def never(block):
        raise AssertionError("computed")

    pixels = da.zeros((4, 30, 40), dtype=np.uint8).map_blocks(never, meta=np.zeros(0, np.uint8))
    assert "40 x 30" in ZStack(pixels, "ZYX")._repr_html_()
    lazy = fuse(ZStack(pixels, "ZYX"), method="gradient", lazy=True)
    html = lazy._repr_html_()
    assert pictures(html) == []
    assert "nothing has been made yet" in html


def test_an_unreadable_plane_leaves_the_facts(slope) -> None:
    class Damaged(Counting):
        def _read(self, index):
            raise OSError("the disk is gone")

    html = ZStack(Damaged(slope[0]), "ZYX")._repr_html_()
    assert "the disk is gone" in html
    assert "7 planes" in html


def test_a_fusion_shows_image_and_heights_with_a_colour_bar(fusion) -> None:
    html = fusion._repr_html_()
    image, height, bar = pictures(html)
    assert np.corrcoef(image.ravel(), fusion.image.ravel())[0, 1] > 0.999
    known = np.isfinite(fusion.height_where())
    np.testing.assert_array_equal(height[..., 3] > 0, known)
    green = height[known, 1].astype(float)  # grows from one end of viridis to the other
    assert np.corrcoef(green, fusion.height[known])[0, 1] > 0.95
    assert bar.shape[:2] == (1, 256)
    assert f"{np.nanmax(fusion.height_where()):.4g} um" in html
    assert "Gradient energy (gradient)" in html


def test_unknown_heights_are_transparent(stack, fusion) -> None:
    from napari_mfif.arrays.html import map_figure

    height = fusion.height.copy()
    height[:9] = np.nan
    picture = pictures(map_figure(height, "height", "um"))[0]
    assert (picture[:9, :, 3] == 0).all()
    assert (picture[9:, :, 3] == 255).all()


def test_channels_and_timepoints_are_named(film) -> None:
    html = fuse(film, method="gradient")._repr_html_()
    assert len(pictures(html)) == 4
    assert "GFP in focus, timepoint 0 of 2" in html


def test_figure_shows_four_maps_in_units(fusion) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: figures are NOT tested")
    from matplotlib.figure import Figure

    figure = fusion.plot(figure=Figure())
    shown = {place.get_title(): place.images[0] for place in figure.axes if place.images}
    np.testing.assert_array_equal(shown["in focus"].get_array(), fusion.image)
    np.testing.assert_allclose(shown["height"].get_array().filled(np.nan), fusion.height_where())
    np.testing.assert_array_equal(shown["plane taken"].get_array(), fusion.decision)
    assert shown["confidence"].get_clim() == (0, 1)
    np.testing.assert_allclose(shown["height"].get_extent(), (-0.2, 37.0, 13.3, -0.1))
    assert "um" in [place.get_ylabel() for place in figure.axes]


def test_figure_of_a_channel_at_a_time(film) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: figures are NOT tested")
    from matplotlib.figure import Figure

    fusion = fuse(film, method="gradient")
    figure = fusion.plot(time=1, channel="GFP", figure=Figure())
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), fusion.image[1, 1])
    with pytest.raises(ParameterError, match="no timepoint 2"):
        fusion.plot(time=2)


@pytest.mark.parametrize(("library", "draw"), [("matplotlib", "plot"), ("xarray", "to_xarray")])
def test_what_is_not_installed_is_said_with_the_remedy(library, draw, fusion, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ParameterError, match=r"pip install 'napari-mfif\["):
        getattr(fusion, draw)()


def test_dataset_has_coordinates_in_units(film, fusion) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed: datasets are NOT tested")
    dataset = fusion.to_xarray()
    assert dataset.image.dims == dataset.height.dims == ("y", "x")
    np.testing.assert_allclose(dataset.x[:3], (0, 0.4, 0.8))
    assert dataset.x.attrs["units"] == dataset.height.attrs["units"] == "um"
    at = dataset.height.sel(y=0.41, x=1.2, method="nearest")
    np.testing.assert_equal(float(at), fusion.height_where()[2, 3])
    both = fuse(film, method="gradient").to_xarray()
    assert both.image.dims == ("time", "channel", "y", "x")
    assert both.decision.dims == ("time", "y", "x")
    assert list(both.channel.values) == ["DAPI", "GFP"]


def test_dataset_and_figure_of_some_planes_count_them_as_in_the_whole(stack) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed: datasets are NOT tested")
    figures = pytest.importorskip("matplotlib.figure")
    numbers = np.arange(stack.n_planes)[1::2]
    part = fuse(stack.part(numbers), method="gradient")
    taken = numbers[part.decision]
    dataset, figure = part.to_xarray(), part.plot(figure=figures.Figure())
    np.testing.assert_array_equal(dataset.decision, taken)
    np.testing.assert_allclose(dataset.height, dataset.depth * stack.z_step, rtol=1e-5)
    shown = next(axes for axes in figure.axes if axes.get_title() == "plane taken").images[0]
    np.testing.assert_array_equal(shown.get_array(), taken)
    assert shown.get_clim() == (numbers[0], numbers[-1])


def test_dataset_of_a_lazy_fusion_stays_lazy(stack) -> None:
    pytest.importorskip("xarray", reason="xarray is not installed: datasets are NOT tested")
    dataset = fuse(stack, method="gradient", lazy=True).to_xarray()
    assert all(dataset[name].chunks for name in ("image", "height", "confidence"))


def test_layers_are_plain_and_lie_on_the_planes(fusion) -> None:
    layers = {options["name"]: (data, options, kind) for data, options, kind in fusion.to_layers()}
    assert list(layers) == [
        f"{title} · pollen <1>"
        for title in ("confidence", "plane taken", "height (µm)", "in focus")
    ]
    data, options, kind = layers["plane taken · pollen <1>"]
    np.testing.assert_array_equal(data, fusion.decision + 1)
    assert (kind, options["scale"], options["units"]) == ("labels", (0.2, 0.4), ("um", "um"))
    assert set(options["colormap"]) == {None, *range(8)}
    assert layers["height (µm) · pollen <1>"][1]["contrast_limits"] == (0, 3)


def test_layers_of_a_cropped_and_of_a_moving_stack(film, stack) -> None:
    *_, (image, options, _) = fuse(film, method="gradient").to_layers("cell")
    assert options["name"] == "in focus · cell GFP"
    assert image.shape == (2, 1, 67, 93)
    assert options["scale"] == (1, 7 * 0.5, 1, 1)
    assert options["translate"] == (0, 1.5, 0, 0)
    shifted = np.stack([np.roll(plane, z, 1) for z, plane in enumerate(stack.pixels)])
    cropped = fuse(
        ZStack(shifted, "ZYX", pixel_size=(0.2, 0.4)), method="gradient", align="translation",
        crop=True,
    )  # fmt: skip
    row, column = cropped.origin
    assert column > 0
    np.testing.assert_allclose(cropped.to_layers()[-1][1]["translate"], (0.2 * row, 0.4 * column))
