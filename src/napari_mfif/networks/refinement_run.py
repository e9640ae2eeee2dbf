"""The two refinement networks, of pixels and of depths, as ONNX Runtime computes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_mfif.networks.onnx import Graph
from napari_mfif.networks.onnx_run import OnnxNetwork
from napari_mfif.networks.weights import DEPTH, PUBLISHED

__all__ = ["DEPTHS", "PIXELS"]

Map = NDArray[np.float32]
Tensors = dict[str, Map]


class _Net:
    """Layers of a U-net by their names, over `Graph`."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._graph = Graph("seen", tensors["stem.weight"].shape[1])
        self._scales = self._graph.constant("scales", np.array([1, 1, 2, 2], np.float32))
        self._nothing = self._graph.constant("nothing", np.zeros(0, np.float32))

    def layer(self, name: str, maps: str) -> str:
        """Convolve."""
        return self._graph.convolution(maps, name, self._tensors)

    def relu(self, maps: str) -> str:
        """Keep what is above zero."""
        return self._graph.node("Relu", [maps])

    def add(self, some: str, others: str) -> str:
        """Sum two."""
        return self._graph.node("Add", [some, others])

    def block(self, name: str, maps: str) -> str:
        """Convolve twice, beside a skip."""
        inner = self.layer(f"{name}.second", self.relu(self.layer(f"{name}.first", maps)))
        return self.relu(self.add(maps, inner))

    def raised(self, name: str, coarse: str, fine: str) -> str:
        """Convolve coarse maps, enlarge them and add them to finer ones."""
        enlarged = self._graph.node(
            "Resize", [self.layer(name, coarse), self._nothing, self._scales], mode="linear",
            coordinate_transformation_mode="half_pixel",
        )  # fmt: skip
        return self.add(fine, enlarged)

    def file(self, maps: str) -> bytes:
        """Return the file whose answer the layer ``head`` makes of maps."""
        answer = self.layer("head", maps)
        return self._graph.file(answer, self._tensors["head.weight"].shape[0])


def _for_pixels(tensors: Tensors) -> bytes:
    net = _Net(tensors)
    fine = net.block("fine", net.relu(net.layer("stem", "seen")))
    middle = net.block("middle", net.layer("down1", fine))
    coarse = net.block("coarse.1", net.block("coarse.0", net.layer("down2", middle)))
    middle = net.block("middle_again", net.raised("up1", coarse, middle))
    fine = net.raised("up2", middle, fine)
    return net.file(net.block("fine_again.1", net.block("fine_again.0", fine)))


def _for_depths(tensors: Tensors) -> bytes:
    net = _Net(tensors)
    fine = net.relu(net.layer("stem", "seen"))
    middle = net.block("middle", net.layer("down1", fine))
    coarse = net.block("coarse", net.layer("down2", middle))
    coarsest = net.block("coarsest", net.layer("down3", coarse))
    coarse = net.block("coarse_again", net.raised("up1", coarsest, coarse))
    middle = net.block("middle_again", net.raised("up2", coarse, middle))
    return net.file(net.block("fine", net.raised("up3", middle, fine)))


#: The network that refines pixels, and the one that refines depths.
PIXELS = OnnxNetwork("refinement", PUBLISHED, _for_pixels, grid=4, context=44)
DEPTHS = OnnxNetwork("refinement", DEPTH, _for_depths, grid=8, context=64)
