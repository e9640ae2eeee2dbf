"""What several tests share: a small stack of known truth, and the shared folder if there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def shared() -> Path:
    """The folder with real stacks and reference values; tests that need it are skipped without."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the shared data beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def slope():
    """A textured slope: plane k is sharp in columns near k; uint16, dark, odd-sized, slight noise.

    Returns pixels (Z, Y, X), the true image and the true depth.
    """
    import cv2

    rng = np.random.default_rng(5)
    n_planes, rows, columns = 7, 67, 93
    texture = cv2.GaussianBlur(rng.standard_normal((rows, columns)), (0, 0), 0.8)
    image = (900 + 250 * texture / texture.std()).clip(50).astype(np.float32)
    depth = np.broadcast_to(np.linspace(0, n_planes - 1, columns), (rows, columns))
    blurred = [image] + [
        cv2.GaussianBlur(image, (0, 0), 0.7 * distance) for distance in range(1, n_planes)
    ]
    planes = np.empty((n_planes, rows, columns), np.float32)
    for z in range(n_planes):
        distance = np.abs(depth - z)
        near = np.clip(distance.astype(int), 0, n_planes - 2)
        share = distance - near
        levels = np.stack(blurred)
        lower = np.take_along_axis(levels, near[None], 0)[0]
        upper = np.take_along_axis(levels, near[None] + 1, 0)[0]
        planes[z] = lower * (1 - share) + upper * share
    noisy = planes + rng.normal(0, 4, planes.shape)
    return noisy.round().astype(np.uint16), image, depth.astype(np.float32)
