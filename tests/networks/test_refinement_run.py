"""The refinement network as OpenCV computes it, against the one that was trained."""

from __future__ import annotations

import numpy as np
import pytest

from napari_mfif.errors import WeightsError
from napari_mfif.methods.adaptive.refinement import CHANNELS
from napari_mfif.networks import onnx_run
from napari_mfif.networks.refinement_run import PIXELS
from napari_mfif.networks.weights import Weights, load


@pytest.mark.parametrize("shape", [(40, 64), (33, 50)])
def test_it_gives_what_torch_gives(shape):
    torch = pytest.importorskip("torch")
    from napari_mfif.networks.refinement import RefinementNet

    network = RefinementNet(CHANNELS).eval()
    tensors = {k: torch.from_numpy(v) for k, v in load("refinement").tensors.items()}
    network.load_state_dict(tensors)
    seen = np.random.default_rng(0).standard_normal((CHANNELS, *shape), np.float32)
    beyond = ((0, 0), (0, -shape[0] % 4), (0, -shape[1] % 4))
    with torch.no_grad():
        expected = network(torch.from_numpy(np.pad(seen, beyond, mode="edge"))[None])[0]
    found = PIXELS.answer(seen)
    np.testing.assert_allclose(found, expected[:, : shape[0], : shape[1]].numpy(), atol=1e-4)


def test_parts_equal_the_whole(monkeypatch):
    rng = np.random.default_rng(1)
    seen = rng.standard_normal((CHANNELS, 260, 24), np.float32)
    whole = PIXELS.answer(seen)
    monkeypatch.setattr(onnx_run, "PART", 64)
    np.testing.assert_allclose(PIXELS.answer(seen), whole, atol=1e-4)


def test_other_weights_are_refused():
    with pytest.raises(WeightsError, match=r"stem\.weight is missing"):
        PIXELS.file(Weights({}, {}, ""))
