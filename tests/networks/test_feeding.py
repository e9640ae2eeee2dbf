from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from napari_mfif.errors import MemoryBudgetError  # noqa: E402
from napari_mfif.networks import feeding  # noqa: E402
from napari_mfif.networks.feeding import Feeder  # noqa: E402
from napari_mfif.networks.precision import best_precision  # noqa: E402
from napari_mfif.networks.tiles import reflected  # noqa: E402
from napari_mfif.notices import listening  # noqa: E402


class Valid(nn.Module):
    """Two unpadded convolutions round a maximum: an output cell sees pixels -2 to 4 of its two."""

    in_float32 = ("last",)

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 5, 3)
        self.last = nn.Conv2d(5, 3, 3)

    def forward(self, x):
        return self.last(torch.max_pool2d(torch.relu(self.first(x)), 2))


class Same(Valid):
    """The same as an encoder and decoder of the pixels' own size, padded with zeros."""

    def forward(self, x):
        x = nn.functional.conv2d(x, self.first.weight, self.first.bias, padding=1)
        x = torch.max_pool2d(torch.relu(x), 2)
        x = nn.functional.conv2d(x, self.last.weight, self.last.bias, padding=1)
        return nn.functional.interpolate(x, scale_factor=2)


VALID = {"context": (2, 4), "stride": 2}
SAME = {"context": 4, "grid": 2}


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).random((2, 51, 76), dtype=np.float32)


def seeded(kind):
    torch.manual_seed(0)
    return kind().eval()


@pytest.mark.parametrize(("kind", "geometry"), [(Valid, VALID), (Same, SAME)])
def test_blocks_give_what_the_whole_image_gives(kind, geometry, image) -> None:
    network = seeded(kind)
    whole = Feeder(network, block=(512, 512), **geometry)(image)
    assert whole.shape == ((3, 26, 38) if kind is Valid else (3, 51, 76))
    for block in ((16, 24), (18, 14), (64, 10)):
        found = Feeder(network, block=block, **geometry)(image)
        np.testing.assert_allclose(found, whole, atol=1e-6)


def test_padding_network_sees_a_reflected_image(image) -> None:
    network = seeded(Same)
    large = np.pad(image, ((0, 0), (4, 5), (4, 4)), "reflect")
    with torch.no_grad():
        expected = network(torch.from_numpy(large)[None])[0, :, 4:-5, 4:-4]
    np.testing.assert_allclose(Feeder(network, **SAME)(image), expected, atol=1e-6)


def test_reflection_repeats_on_an_image_smaller_than_the_context() -> None:
    image = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    expected = np.pad(image, ((0, 0), (5, 7), (6, 4)), "reflect")
    np.testing.assert_array_equal(reflected(image, (-5, 9), (-6, 7)), expected)
    np.testing.assert_array_equal(reflected(image[:, :1], (-2, 3), (0, 3))[0, 4], image[0, 0])


def test_mean_over_the_image_does_not_depend_on_the_blocks(image) -> None:
    network = seeded(Same)

    def maps(net, block):
        padded = nn.functional.conv2d(block, net.first.weight, net.first.bias, padding=1)
        return torch.max_pool2d(padded, 2)  # at half the size

    whole = Feeder(network, block=(512, 512), **SAME)
    values = maps(network, torch.from_numpy(reflected(image, (-4, 56), (-4, 80)))[None])
    expected = values[0, :, 2:28, 2:40].mean(dim=(1, 2)).detach()
    np.testing.assert_allclose(whole.mean(image, maps), expected, rtol=1e-5)
    tiles = Feeder(network, block=(16, 22), **SAME)
    np.testing.assert_allclose(tiles.mean(image, maps), expected, rtol=1e-5)


def test_device_out_of_memory_gets_smaller_blocks(image) -> None:
    network, sizes = seeded(Valid), []
    expected = Feeder(network, **VALID)(image)

    def tight(net, block):
        if block.shape[-2] * block.shape[-1] > 1500:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        sizes.append(block.shape)
        return net(block)

    feeder = Feeder(network, run=tight, **VALID)
    np.testing.assert_allclose(feeder(image), expected, atol=1e-6)
    assert sizes
    sizes.clear()
    feeder(image)  # what was learnt is kept
    assert all(shape[-2] * shape[-1] <= 1500 for shape in sizes)


def test_device_with_no_memory_at_all_leaves_the_work_to_the_processor(image, monkeypatch) -> None:
    network, heard = seeded(Valid), []
    expected = Feeder(network, **VALID)(image)
    place = Feeder._place

    def elsewhere(self, device):  # the processor plays the graphics card
        place(self, "cpu")
        self.device = device

    monkeypatch.setattr(Feeder, "_place", elsewhere)
    monkeypatch.setattr(feeding, "sent", lambda block, device, side: torch.from_numpy(block)[None])

    def full(net, block):
        if feeder.device != "cpu":
            raise RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)")
        return net(block)

    feeder = Feeder(network, device="mps", run=full, **VALID)
    with listening(heard.append):
        np.testing.assert_allclose(feeder(image), expected, atol=1e-6)
    assert feeder.device == "cpu"
    assert len(heard) == 1
    assert "'mps' has not enough memory" in heard[0]


def test_processor_without_memory_is_an_error_with_advice(image) -> None:
    def full(net, block):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(MemoryBudgetError, match="without a network"):
        Feeder(seeded(Valid), run=full, **VALID)(image)


def test_other_failures_of_a_device_are_not_hidden(image) -> None:
    def broken(net, block):
        raise RuntimeError("device-side assert")

    with pytest.raises(RuntimeError, match="assert"):
        Feeder(seeded(Valid), run=broken, **VALID)(image)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_is_near_and_gives_float32(precision, image) -> None:
    network = seeded(Valid)
    exact = Feeder(network, precision="float32", **VALID)(image)
    seen = []

    def watched(net, block):
        values = net(block)
        seen.append((net.first.weight.dtype, net.last.weight.dtype, values.dtype))
        return values

    found = Feeder(network, precision=precision, run=watched, **VALID)(image)
    assert seen[0] == (getattr(torch, precision), torch.float32, torch.float32)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, atol=0.02)
    assert network.first.weight.dtype == torch.float32  # the one given stays as it is


def test_half_precision_is_chosen_only_where_hardware_has_it(monkeypatch) -> None:
    for has, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
        assert best_precision("cpu") == expected
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has, **_: has)
        assert best_precision("cuda:1") == (torch.bfloat16 if has else torch.float16)
        assert best_precision("cuda", halves=("float16",)) == torch.float16
        assert best_precision("cuda", halves=()) == torch.float32
        assert best_precision("cpu", halves=("float16",)) == torch.float32
    assert best_precision("mps") == torch.float32
    assert best_precision("cpu", "float16") == torch.float16


@pytest.mark.parametrize(("matrices", "expected"), [(False, torch.float32), (True, torch.bfloat16)])
def test_only_matrix_units_outrun_a_form_made_for_processors(monkeypatch, matrices, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: matrices)
    assert best_precision("cpu", has_quick_form=True) == expected
    assert best_precision("cpu") == torch.bfloat16


def test_network_on_a_device_has_its_precision_and_order_of_axes() -> None:
    feeder = Feeder(seeded(Valid), device="meta", precision="bfloat16", **VALID)
    assert {p.device.type for p in feeder._placed.parameters()} == {"meta"}
    with torch.inference_mode():
        values = feeder._placed(torch.empty((1, 2, 38, 46), device="meta"))
    assert values.shape == (1, 3, 16, 20)
    assert values.dtype == torch.float32
    feeder = Feeder(seeded(Valid), **VALID)
    assert feeder._placed.first.weight.is_contiguous(memory_format=torch.channels_last)


def test_threads_of_torch_are_left_as_they_were(image) -> None:
    before = torch.get_num_threads()
    Feeder(seeded(Valid), **VALID)(image)
    assert torch.get_num_threads() == before


def test_context_that_is_no_step_of_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="grid"):
        Feeder(seeded(Valid), context=3, stride=2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a graphics card")
def test_graphics_card_gives_what_the_processor_gives(image) -> None:
    network = seeded(Valid)
    expected = Feeder(network, precision="float32", **VALID)(image)
    found = Feeder(network, device="cuda", precision="float32", block=(16, 24), **VALID)(image)
    np.testing.assert_allclose(found, expected, atol=1e-3)
