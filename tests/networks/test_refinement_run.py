"""The refinement network as ONNX Runtime computes it, against the one that was trained."""

from __future__ import annotations

from multiprocessing import get_all_start_methods, get_context

import numpy as np
import pytest

from napari_mfif.errors import WeightsError
from napari_mfif.methods.adaptive.depth_refinement import ANSWER
from napari_mfif.methods.adaptive.depth_refinement import CHANNELS as SEEN
from napari_mfif.methods.adaptive.refinement import ANSWER as SHARES
from napari_mfif.methods.adaptive.refinement import CHANNELS
from napari_mfif.networks import onnx_run
from napari_mfif.networks.refinement_run import DEPTHS, PIXELS
from napari_mfif.networks.weights import Weights, load


@pytest.mark.parametrize("shape", [(40, 64), (33, 50)])
@pytest.mark.parametrize("run", [PIXELS, DEPTHS], ids=["pixels", "depths"])
def test_it_gives_what_torch_gives(run, shape):
    torch = pytest.importorskip("torch")
    from napari_mfif.networks.depth_refinement import DepthRefinementNet
    from napari_mfif.networks.refinement import RefinementNet

    of_depths = run is DEPTHS
    network = DepthRefinementNet(SEEN, ANSWER) if of_depths else RefinementNet(CHANNELS, SHARES)
    tensors = load(run.method, run.name).tensors
    network.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()})
    channels = SEEN if of_depths else CHANNELS
    seen = np.random.default_rng(0).standard_normal((channels, *shape), np.float32)
    beyond = ((0, 0), (0, -shape[0] % run.grid), (0, -shape[1] % run.grid))
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(np.pad(seen, beyond, mode="edge"))[None])[0]
    found = run.answer(seen)
    np.testing.assert_allclose(found, expected[:, : shape[0], : shape[1]].numpy(), atol=1e-3)


@pytest.mark.parametrize(("run", "channels"), [(PIXELS, CHANNELS), (DEPTHS, SEEN)])
def test_parts_equal_the_whole(run, channels, monkeypatch):
    rng = np.random.default_rng(1)
    seen = rng.standard_normal((channels, 260, 24), np.float32)
    whole = run.answer(seen)
    monkeypatch.setattr(onnx_run, "PART", 64)
    np.testing.assert_allclose(run.answer(seen), whole, atol=1e-3)


def test_other_weights_are_refused():
    with pytest.raises(WeightsError, match=r"stem\.weight is missing"):
        PIXELS.file(Weights({}, {}, ""))


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_computes_too(monkeypatch):
    monkeypatch.setattr(onnx_run, "usable_processors", lambda: 2)
    onnx_run._session.cache_clear()
    _answer_zeros()
    child = get_context("fork").Process(target=_answer_zeros)
    child.start()
    child.join(60)
    stuck = child.exitcode is None
    child.kill()
    onnx_run._session.cache_clear()
    assert not stuck and child.exitcode == 0


def _answer_zeros() -> None:
    PIXELS.answer(np.zeros((CHANNELS, 256, 256), np.float32))
