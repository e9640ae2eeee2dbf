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


@pytest.fixture(scope="module")
def pair():
    """Two photographs, sharp left and sharp right; uint8, odd-sized; and where the first is."""
    rng = np.random.default_rng(8)
    sharp = cv2.GaussianBlur(rng.uniform(0, 255, (71, 99)), (0, 0), 0.7)
    sharp = (127 + 2.5 * (sharp - 127)).clip(0, 255)
    soft = cv2.GaussianBlur(sharp, (0, 0), 2)
    left = np.arange(99) < 45
    planes = np.where(left, sharp, soft), np.where(left, soft, sharp)
    return np.stack(planes).round().astype(np.uint8), np.broadcast_to(left, sharp.shape)
