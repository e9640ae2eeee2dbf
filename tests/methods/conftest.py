from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="module")
def halves():
    """Return two 16-bit planes of a texture: left half sharp, right half sharp."""
    rng = np.random.default_rng(3)
    scene = cv2.GaussianBlur(rng.uniform(2000, 60000, (70, 93)), (0, 0), 0.8)
    blurred = cv2.GaussianBlur(scene, (0, 0), 3)
    first, second = scene.copy(), scene.copy()
    first[:, 45:], second[:, :45] = blurred[:, 45:], blurred[:, :45]
    return np.stack([first, second]).astype(np.uint16)


@pytest.fixture(scope="session")
def photographs():
    """Make two photographs, sharp left and sharp right; uint8, odd-sized.

    They come with the sharp picture, of detail so many pixels wide, and where the first is sharp.
    """

    def make(detail: float):
        rng = np.random.default_rng(8)
        sharp = cv2.GaussianBlur(rng.uniform(0, 255, (71, 99)), (0, 0), detail)
        sharp = (127 + 2.5 * (sharp - 127)).clip(0, 255)
        soft = cv2.GaussianBlur(sharp, (0, 0), 2)
        left = np.arange(99) < 45
        planes = np.where(left, sharp, soft), np.where(left, soft, sharp)
        return np.stack(planes).round().astype(np.uint8), sharp, np.broadcast_to(left, sharp.shape)

    return make


@pytest.fixture(scope="module")
def pair(photographs):
    """Two photographs, and where the first is sharp."""
    planes, _, left = photographs(0.7)
    return planes, left
