"""The refinement network as OpenCV computes it: without torch, which takes longer to start."""

from __future__ import annotations

import functools
import threading

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import WeightsError
from napari_mfif.networks.onnx import Graph
from napari_mfif.networks.weights import Weights, load

__all__ = ["CONTEXT", "GRID", "answer"]

Map = NDArray[np.float32]

#: Sides of what the network sees are a multiple of this; so many of its pixels round one's own
#: have a say in its answer.
GRID, CONTEXT = 4, 44
#: Side, about, of the parts that are computed one after the other, so that memory stays small.
PART = 512
#: Its folder among the weights.
NAME = "refinement"

_local = threading.local()


def answer(seen: Map) -> Map:
    """Return the network's answer, (8, Y, X), to what it is shown, (channels, Y, X).

    Raises
    ------
    WeightsError
        The weights are missing or damaged.
    """
    rows, columns = seen.shape[1:]
    parts = [(down, across) for down in _parts(rows) for across in _parts(columns)]
    found: Map | None = None
    for part in parts:
        outer = [
            slice(max(0, own.start - CONTEXT), min(length, own.stop + CONTEXT))
            for own, length in zip(part, (rows, columns), strict=True)
        ]
        made = _computed(seen[:, outer[0], outer[1]])
        if found is None:
            found = np.empty((made.shape[0], rows, columns), np.float32)
        inner = [
            slice(own.start - out.start, own.stop - out.start)
            for own, out in zip(part, outer, strict=True)
        ]
        found[:, part[0], part[1]] = made[:, inner[0], inner[1]]
    assert found is not None
    return found


def _parts(length: int) -> list[slice]:
    """Cut a side into parts of nearly the same length, a multiple of `GRID`."""
    step = -(-length // max(1, round(length / PART)))
    step = -(-step // GRID) * GRID
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def _computed(seen: Map) -> Map:
    rows, columns = seen.shape[1:]
    beyond = ((0, 0), (0, -rows % GRID), (0, -columns % GRID))
    network = _network()
    network.setInput(np.pad(seen, beyond, mode="edge")[None])
    made: Map = network.forward()
    return made[0, :, :rows, :columns]


def _network() -> cv2.dnn.Net:
    """Return this thread's network: one may not be used by two at once."""
    file = _file()
    if getattr(_local, "file", None) is not file:
        _local.network = cv2.dnn.readNetFromONNX(np.frombuffer(file, np.uint8))
        _local.file = file
    network: cv2.dnn.Net = _local.network
    return network


@functools.lru_cache(maxsize=1)
def _file() -> bytes:
    return as_onnx(load(NAME))


def as_onnx(weights: Weights) -> bytes:
    """Return the network with these weights as an ONNX file.

    Raises
    ------
    WeightsError
        They belong to another network.
    """
    tensors = weights.tensors
    try:
        return _built(tensors)
    except KeyError as error:
        raise WeightsError(
            f"The weights of {NAME!r} belong to another network: {error.args[0]} is missing. "
            f"Train them with this version: napari-mfif train {NAME} --data FOLDER "
            f"--out models/{NAME}"
        ) from None


def _built(tensors: dict[str, Map]) -> bytes:
    graph = Graph("seen", tensors["stem.weight"].shape[1])
    scales = graph.constant("scales", np.array([1, 1, 2, 2], np.float32))
    nothing = graph.constant("nothing", np.zeros(0, np.float32))

    def layer(name: str, maps: str) -> str:
        return graph.convolution(maps, name, tensors)

    def relu(maps: str) -> str:
        return graph.node("Relu", [maps])

    def block(name: str, maps: str) -> str:
        inner = layer(f"{name}.second", relu(layer(f"{name}.first", maps)))
        return relu(graph.node("Add", [maps, inner]))

    def enlarged(maps: str) -> str:
        return graph.node(
            "Resize", [maps, nothing, scales], mode="linear",
            coordinate_transformation_mode="half_pixel",
        )  # fmt: skip

    fine = block("fine", relu(layer("stem", "seen")))
    middle = block("middle", layer("down1", fine))
    coarse = block("coarse.1", block("coarse.0", layer("down2", middle)))
    middle = graph.node("Add", [middle, enlarged(layer("up1", coarse))])
    middle = block("middle_again", middle)
    fine = graph.node("Add", [fine, enlarged(layer("up2", middle))])
    fine = block("fine_again.1", block("fine_again.0", fine))
    answer = layer("head", fine)
    return graph.file(answer, tensors["head.weight"].shape[0])
