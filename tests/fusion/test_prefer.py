"""Where two depths compete: which is taken can be said, and the other one is kept."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.errors import ParameterError

PLANES, NEAR, FAR = 11, 2, 8


@pytest.fixture(scope="module")
def panes() -> np.ndarray:
    """Two textures that shine through one another, as strong as each other, at planes 2 and 8."""
    rng = np.random.default_rng(1)
    near, far = (smooth(rng.normal(0, 1, (96, 96)), 0.7) for _ in range(2))
    grain = rng.normal(0, 0.02, (PLANES, 96, 96))
    stack = [
        smooth(near, abs(z - NEAR)) + smooth(far, abs(z - FAR)) + grain[z] for z in range(PLANES)
    ]
    return (2000 + 300 * np.stack(stack)).astype(np.uint16)


def smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    import cv2

    return cv2.GaussianBlur(image, (0, 0), sigma) if sigma else image


def test_the_one_that_is_not_taken_is_the_runner_up(panes) -> None:
    fusion = fuse(panes)
    competes = fusion.runner_up != fusion.decision
    assert competes.mean() > 0.2
    both = np.sort(np.stack([fusion.decision, fusion.runner_up])[:, competes], axis=0)
    assert np.mean((np.abs(both[0] - NEAR) <= 1) & (np.abs(both[1] - FAR) <= 1)) > 0.9


@pytest.mark.parametrize(("prefer", "plane"), [("nearer", NEAR), ("farther", FAR)])
def test_the_nearer_or_the_farther_is_taken_where_two_compete(panes, prefer, plane) -> None:
    sharper = fuse(panes)
    competes = sharper.runner_up != sharper.decision
    fusion = sharper.refine(prefer=prefer)
    assert np.mean(np.abs(fusion.depth[competes] - plane) <= 1) > 0.9
    assert np.all(fusion.confidence[competes & (fusion.decision != sharper.decision)] <= 0.75)
    again = fuse(panes, consistency={"prefer": prefer})
    np.testing.assert_array_equal(again.depth, fusion.depth)
    np.testing.assert_array_equal(again.image, fusion.image)
    lazy = fuse(panes, consistency={"prefer": prefer}, lazy=True)
    np.testing.assert_array_equal(np.asarray(lazy.image), fusion.image)
    np.testing.assert_array_equal(np.asarray(lazy.runner_up), fusion.runner_up)


def test_pixels_are_those_of_the_plane_preferred(panes) -> None:
    sharper = fuse(panes)
    fusion = sharper.refine(prefer="nearer")
    inside = smooth((fusion.decision != sharper.decision).astype(np.float32), 2.0) > 0.999
    assert inside.any()
    taken = np.take_along_axis(panes, fusion.decision[None].astype(int), 0)[0]
    # but where the verification of the decision has changed it after
    assert np.mean(np.abs(fusion.image[inside].astype(float) - taken[inside]) <= 1) > 0.9


def test_of_the_sharper_one_nothing_changes(panes) -> None:
    fusion = fuse(panes)
    same = fusion.refine(prefer="sharper")
    for name in ("image", "depth", "confidence", "runner_up"):
        np.testing.assert_array_equal(getattr(same, name), getattr(fusion, name))


def test_methods_that_keep_one_depth_say_so(panes) -> None:
    with pytest.raises(ParameterError, match="adaptive"):
        fuse(panes, method="gradient", consistency={"prefer": "nearer"})
    fusion = fuse(panes, method="gradient")
    np.testing.assert_array_equal(fusion.runner_up, fusion.decision)
    with pytest.raises(ParameterError, match="gradient"):
        fusion.refine(prefer="nearer")


def test_the_command_line_prefers_and_writes_the_runner_up(panes, tmp_path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", panes, photometric="minisblack")
    out, map_ = tmp_path / "b.ome.tif", tmp_path / "c.ome.tif"
    words = ["fuse", str(tmp_path / "a.tif"), "--axes", "ZYX", "-o", str(out), "--quiet"]
    assert main([*words, "--prefer", "nearer", "--runner-up", str(map_)]) == 0
    expected = fuse(panes, consistency={"prefer": "nearer"})
    np.testing.assert_array_equal(tifffile.imread(out), expected.image)
    np.testing.assert_array_equal(tifffile.imread(map_), expected.runner_up)
