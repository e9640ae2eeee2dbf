"""The confidence of every method means the same: how probable a depth is right within one plane."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from napari_mfif import fuse
from napari_mfif.fusion.doubts import SURE
from napari_mfif.kernels.chance import CERTAIN, WINDOW
from napari_mfif.simulation import simulate

METHODS = ("adaptive", "gradient", "laplacian", "guided")
KINDS = ("relief", "occlusion", "tissue")
SHAPE = (128, 128)


def usual():
    for kind in KINDS:
        for photons in ("low", "high"):
            yield simulate(kind, seed=61, planes=14, shape=SHAPE, photons=photons)


def inverting():
    for seed in (61, 62):
        yield simulate("phase", seed=seed, planes=14, shape=SHAPE)


def beyond():
    for kind in KINDS:
        made = simulate(kind, seed=62, planes=20, shape=SHAPE)
        yield replace(made, stack=replace(made.stack, pixels=made.stack.pixels[:13]))


def alike():
    for kind in KINDS:
        yield simulate(kind, seed=63, planes=14, shape=SHAPE, slope=0.0)


@pytest.mark.parametrize("case", [usual, inverting, beyond, alike])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_decided_is_right_as_often_as_is_said(method, case) -> None:
    """Confidence is a promise; no more than one pixel in twenty is promised too much.

    Where a share d of the pixels is decided with a mean confidence c and a share r of these is
    right, (c - r) d are promised too much. Stacks differ, so that their mean is known to its
    standard error only: it may be above by two of them. However much they differ, one pixel in ten
    would be seen, as patches of wrong heights in most pictures.
    """
    excess = []
    for made in case():
        fusion = fuse(made.stack, method=method)
        decided = made.textured & (fusion.confidence >= SURE)
        said = float(fusion.confidence[decided].sum())
        right = np.count_nonzero(np.abs(fusion.depth - made.depth)[decided] <= 1)
        excess.append((said - right) / np.count_nonzero(made.textured))
    doubt = np.std(excess, ddof=1) / np.sqrt(len(excess))
    assert np.mean(excess) - 2 * doubt < 0.05
    assert np.mean(excess) < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_no_method_decides_on_noise(method) -> None:
    """Noise passes for texture as rarely as is said: beyond `CERTAIN` standard deviations.

    That share is seen in as many windows as a plane holds, to two of its standard errors.
    """
    side = 96
    passes = 0.5 * math.erfc(CERTAIN / math.sqrt(2))
    error = math.sqrt(passes * (1 - passes) / (side / WINDOW) ** 2)
    for planes, photons in ((6, 3000), (15, 60)):
        noise = np.random.default_rng(planes).poisson(photons, (planes, side, side))
        fusion = fuse(noise.astype(np.uint16), method=method)
        assert np.mean(fusion.confidence >= SURE) < passes + 2 * error
