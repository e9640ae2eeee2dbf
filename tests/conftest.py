"""What several tests share: a small stack of known truth, and the shared folder if there."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# how long an example takes says how busy the machine is
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# napari keeps no settings: those of whoever runs the tests are neither read nor written
os.environ["NAPARI_CONFIG"] = ""

SHARED = Path(__file__).resolve().parents[2] / "shared"
NO_TORCH = "needs torch, which is not installed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what runs a network where there is no torch: by its mark or by its method."""
    if find_spec("torch"):
        return
    from napari_mfif.methods import registry

    networks = {name for name in registry.names() if registry.get(name).neural}
    for item in items:
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        named = any(isinstance(value, str) and value in networks for value in values)
        if item.get_closest_marker("torch") or named:
            item.add_marker(pytest.mark.skip(reason=NO_TORCH))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    reasons = [str(one.longrepr[2]) for one in terminalreporter.stats.get("skipped", [])]
    count = sum("torch" in reason for reason in reasons)
    if count:
        text = f"LEFT OUT: {count} tests or files of tests that need torch, which is not installed"
        terminalreporter.write_sep("#", text, yellow=True, bold=True)


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
