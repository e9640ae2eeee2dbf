"""Results lie where their source lies, however it was turned."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image

from napari_mfif.plugin.layers.geometry import place_on
from napari_mfif.plugin.layers.given_sizes import follow_sizes, set_sizes

PIXELS = np.zeros((5, 20, 30), np.uint8)

FLAT = np.array([[1, 0, 0], [0, 1, 0.3], [0, 0, 1]])
TILTED = np.array([[0.8, 0.6, 0, 2], [-0.6, 0.8, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])


def turned(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    matrix = np.eye(3)
    matrix[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rotate": turned(30)},
        {"shear": [0, 0, 0.4]},
        {"rotate": turned(-70), "shear": [0, 0, 0.2], "affine": np.pad(FLAT, ((1, 0), (1, 0)))
         + np.diag([1, 0, 0, 0])},
        {"affine": TILTED},
    ],
    ids=["straight", "rotated", "sheared", "all", "tilted"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")  # napari says so of the source, too
@pytest.mark.parametrize("origin", [None, (4, 7)])
def test_result_lies_on_its_source(options, origin) -> None:
    source = Image(PIXELS, scale=(2, 0.5, 0.25), translate=(1, 3, 4), **options)
    result = np.zeros((20, 30) if origin is None else (9, 8))
    placed = place_on(source, "ZYX").fit(result, "YX", origin=origin)
    layer = Image(placed.data, **placed.options)
    top, left = origin or (0, 0)
    for row, column in ((0, 0), (3, 6)):
        here = layer.data_to_world([*(0,) * (layer.ndim - 2), row, column])
        there = source.data_to_world([2, row + top, column + left])  # the middle of the stack
        np.testing.assert_allclose(here, there[-layer.ndim :], atol=1e-9)
    assert layer.ndim == (3 if options.get("affine") is TILTED else 2)


def test_rectangle_of_a_turned_source_lies_within_it() -> None:
    source = Image(PIXELS, scale=(2, 0.5, 0.25), rotate=turned(30))
    part = place_on(source, "ZYX").part(slice(3, 9), slice(10, 30))
    assert part.lengths == (5, 6, 20)
    layer = Image(np.zeros((6, 20)), **part.fit(np.zeros((6, 20)), "YX").options)
    np.testing.assert_allclose(
        layer.data_to_world([1, 2]), source.data_to_world([0, 4, 12])[1:], atol=1e-9
    )


def test_what_lies_on_a_layer_goes_on_lying_there_when_sizes_change():
    source = Image(np.zeros((4, 50, 60)), scale=(1, 0.5, 0.5), translate=(0, 5, 6))
    part = Image(np.zeros((9, 9)), scale=(0.5, 0.5), translate=(5 + 0.5 * 10, 6 + 0.5 * 20))
    spacing = (2.0, 0.1, 0.2)
    set_sizes(source, "ZYX", spacing, "um")
    follow_sizes(part, "ZYX", spacing, "um", source.translate)
    np.testing.assert_allclose(part.data_to_world((3, 4)), source.data_to_world((0, 13, 24))[1:])
    assert tuple(part.units) == tuple(source.units)[1:]
    follow_sizes(part, "ZYX", (7.0,), "um", source.translate)  # of the z step it knows nothing
    np.testing.assert_allclose(part.scale, (0.1, 0.2))
