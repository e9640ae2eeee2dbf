"""The parts of Look closer that need no window: what is under the mouse, along a line, in 3D."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_mfif import fuse
from napari_mfif.plugin.closer.drawn import outline
from napari_mfif.plugin.closer.line_box import in_words
from napari_mfif.plugin.closer.place import pixel_at, show_plane, slider_in_words, time_shown
from napari_mfif.plugin.layers.geometry import place_on
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.solid import Wish, solid
from napari_mfif.plugin.layers.specs import Look
from napari_mfif.surface.profile import Profile


@pytest.fixture(scope="module")
def film(relief):
    """Two timepoints."""
    planes = np.asarray(relief.stack.pixels)
    return np.stack([planes, planes[::-1]])


@pytest.fixture(scope="module")
def made(film):
    fusion = fuse(film, axes="TZYX", method="gradient")
    source = Image(film, scale=(10, 2, 0.5, 0.5), translate=(100, 6, 3, 4))
    look = Look("pollen", "1", place_on(source, "TZYX"), ("gray",), ((0.0, 4000.0),))
    return Made(fusion, look)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 96, 130), (1, 96, 130)),
        ((0.4, 20.4, 30.6), (0, 20, 31)),
        ((0, 97, 30), None),
        ((0, 20, 131), None),
        ((0, -1, 30), None),
        ((2, 20, 30), None),
    ],
)
def test_pixel_under_a_place_of_the_viewer(made, place, found):
    layer = Image(made.fusion.depth)
    letters = made.look.placement.letters
    stub = SimpleNamespace(
        look=SimpleNamespace(placement=SimpleNamespace(letters=letters[0] + letters[2:])),
        fusion=made.fusion,
    )
    results = SimpleNamespace(layer=lambda _, role: layer if role == "confidence" else None)
    assert pixel_at(results, stub, layer.data_to_world(place)) == found
    nothing = SimpleNamespace(layer=lambda _, role: None)
    assert pixel_at(nothing, stub, (0, 0, 0)) is None


def test_sliders_count_in_the_units_of_the_stack(made, film):
    viewer = ViewerModel()
    viewer.add_image(film, scale=(10, 2, 0.5, 0.5), translate=(100, 6, 3, 4))
    show_plane(viewer, made, 5)
    assert viewer.dims.point[1] == 6 + 2 * 5
    for t in (1, 0):
        viewer.dims.set_point(0, 100 + 10 * t)
        assert time_shown(viewer, made) == t
    assert slider_in_words(made.fusion, 5) == "On the z slider: plane 5 of 0-6."


def test_what_lies_along_a_line_is_said_with_what_is_not_known():
    height = np.array([1, np.nan, 3, 2, np.nan, 2, 2, 2, 2, 2])
    rest = np.zeros(10)
    found = Profile(np.linspace(0, 9, 10), height, rest, rest, rest, np.zeros((10, 2)), "um", "um")
    words = in_words(found)
    assert words.startswith("9 \N{MICRO SIGN}m long; heights 1 to 3 \N{MICRO SIGN}m; 20 % of it")


def test_outline_of_an_ellipse_touches_its_box():
    box = np.array([[10.0, 20], [10, 60], [30, 60], [30, 20]])
    found = outline("ellipse", box)
    np.testing.assert_allclose(found.min(axis=0), (10, 20), atol=0.1)
    np.testing.assert_allclose(found.max(axis=0), (30, 60), atol=0.1)
    np.testing.assert_array_equal(outline("polygon", box), box)


def test_every_vertex_has_its_pixel_of_the_image(made):
    found = solid(made, Wish(time=1, min_confidence=0, light=False))
    rows, columns = np.round(found.vertices[:, -2:]).astype(int).T
    height, width = made.fusion.stack.plane_shape
    # the first row of a texture is at the upper end of v
    np.testing.assert_allclose(found.texcoords[:, 0] * width - 0.5, columns, atol=1e-3)
    np.testing.assert_allclose((1 - found.texcoords[:, 1]) * height - 0.5, rows, atol=1e-3)
    shade = np.clip(made.fusion.image[1] / 4000.0, 0, 1)
    np.testing.assert_allclose(found.texture[..., 0] / 255, shade, atol=1 / 128)
    np.testing.assert_allclose(found.vertices[:, found.z], made.fusion.depth[1][rows, columns])


def test_outside_of_a_surface_is_where_the_first_plane_lies(made):
    found = solid(made, Wish(min_confidence=0))
    corners = found.vertices[found.faces][..., [found.z, -2, -1]]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.all(normals[:, 0] < 0)  # in the axes of the viewer: z, y, x
