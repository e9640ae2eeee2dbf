"""The maps that papers print: focus maps and difference maps."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import ZStack, fuse
from napari_mfif.cli import main
from napari_mfif.errors import ParameterError
from napari_mfif.io import open_stack, write_image


@pytest.fixture(scope="module")
def pair():
    """Two planes: the left half is sharp in the first, the right half in the second."""
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (48, 96)).astype(np.uint8)
    planes = np.stack([sharp, sharp])
    planes[0, :, 48:] = planes[1, :, :48] = 128
    return planes


@pytest.fixture(scope="module")
def network():
    return pytest.importorskip("torch") and "cnn"


def test_difference_is_how_far_the_image_is_from_a_plane(pair) -> None:
    fusion = fuse(pair, method="gradient")
    for z, plane in enumerate(pair):
        expected = np.abs(plane.astype(float) - fusion.image)
        np.testing.assert_array_equal(fusion.difference(z), expected)
    assert fusion.differences.shape == pair.shape


def test_difference_has_channels_colours_and_timepoints() -> None:
    pixels = np.random.default_rng(1).integers(0, 4000, (2, 2, 3, 20, 24, 3)).astype(np.uint16)
    fusion = fuse(ZStack.from_array(pixels, "TCZYXS"), method="gradient")
    found = fusion.difference(2)
    assert found.shape == fusion.image.shape
    expected = np.abs(pixels[:, :, 2].astype(float) - fusion.image)
    np.testing.assert_array_equal(found, expected)


def test_plane_that_is_not_there_has_no_difference(pair) -> None:
    with pytest.raises(ParameterError, match=r"no plane 2.*planes 0 to 1"):
        fuse(pair, method="gradient").difference(2)


def test_focus_map_tells_how_much_of_the_second_plane_is_taken(pair, network) -> None:
    focus = fuse(pair, method=network).focus_map
    assert focus.shape == pair.shape[1:]
    assert focus[:, :32].max() < 0.5 < focus[:, 64:].min()
    assert ((focus >= 0) & (focus <= 1)).all()


def test_focus_map_is_the_same_lazily(pair, network) -> None:
    eager, lazy = (fuse(pair, method=network, lazy=how) for how in (False, True))
    np.testing.assert_allclose(np.asarray(lazy.focus_map), eager.focus_map, atol=1e-5)


def test_focus_map_is_that_before_verification(pair, network) -> None:
    one = fuse(pair, method=network)
    other = fuse(pair, method=network, consistency={"threshold": 0.9, "small_regions": 0.4})
    np.testing.assert_array_equal(one.focus_map, other.focus_map)


def test_who_has_no_focus_map_says_where_to_look(pair, network) -> None:
    with pytest.raises(ParameterError, match="takes one plane or the other"):
        _ = fuse(pair, method="gradient").focus_map
    stack = np.concatenate([pair, pair[:1]])
    with pytest.raises(ParameterError, match="has 3: the scores"):
        _ = fuse(stack, method=network).focus_map


def test_maps_of_papers_are_written_from_the_command_line(pair, network, tmp_path, capsys) -> None:
    for z, plane in enumerate(pair):
        write_image(tmp_path / f"plane{z}.tif", plane, axes="YX")
    files = [str(tmp_path / f"plane{z}.tif") for z in (0, 1)]
    out, focus, apart = (str(tmp_path / f"{name}.tif") for name in ("image", "focus", "apart"))
    given = ["fuse", *files, "-o", out, "--method", network, "--quiet"]
    assert main([*given, "--focus-map", focus, "--differences", apart]) == 0
    fusion = fuse(pair, method=network)
    written = open_stack(apart)
    assert written.axes == "ZYX"
    np.testing.assert_array_equal(np.asarray(written.pixels), fusion.differences)
    assert main([*given, "--overwrite", "--method", "gradient", "--focus-map", focus]) == 2
    assert "takes one plane or the other" in capsys.readouterr().err
