"""As much of the ONNX format as a small convolutional network needs, written without a library.

ONNX Runtime computes it, so that such a network needs no torch to run. The format is protocol
buffers: a message is a row of fields, a field is its number and its content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Graph"]

#: Version of the file format, and of the set of operators.
FORMAT, OPERATORS = 8, 13
#: What ONNX calls float32, and the types of attributes.
FLOAT32, INT, STRING, INTS = 1, 2, 3, 7

Attribute = int | str | Sequence[int]


class Graph:
    """A network that is put together node by node.

    Parameters
    ----------
    given : str
        The name of what goes in.
    channels : int
        Its channels; rows and columns are free.
    """

    def __init__(self, given: str, channels: int) -> None:
        self._parts = [_field(2, b"network"), _field(11, _maps(given, channels))]
        self._count = 0

    def constant(self, name: str, values: NDArray[np.float32]) -> str:
        """Add an array; return its name."""
        dims = b"".join(_number(1, size) for size in values.shape)
        raw = np.ascontiguousarray(values, "<f4").tobytes()
        tensor = dims + _number(2, FLOAT32) + _field(8, name.encode()) + _field(9, raw)
        self._parts.append(_field(5, tensor))
        return name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Attribute) -> str:
        """Add an operator; return the name of what it gives."""
        self._count += 1
        name = f"{kind}{self._count}"
        words = b"".join(_field(1, each.encode()) for each in inputs)
        words += _field(2, name.encode()) + _field(3, name.encode()) + _field(4, kind.encode())
        words += b"".join(_field(5, _attribute(k, v)) for k, v in attributes.items())
        self._parts.append(_field(1, words))
        return name

    def convolution(self, maps: str, layer: str, tensors: Mapping[str, NDArray[np.float32]]) -> str:
        """Add the convolution with this layer's weights: strided without, else with padding."""
        weights = tensors[f"{layer}.weight"]
        side = weights.shape[-1]
        stride, padding = (side, 0) if side % 2 == 0 else (1, side // 2)
        names = [
            self.constant(f"{layer}.{kind}", tensors[f"{layer}.{kind}"])
            for kind in ("weight", "bias")
        ]
        return self.node(
            "Conv", [maps, *names], kernel_shape=[side, side], strides=[stride, stride],
            pads=[padding] * 4,
        )  # fmt: skip

    def file(self, answer: str, channels: int) -> bytes:
        """Return the file whose network gives this."""
        graph = b"".join(self._parts) + _field(12, _maps(answer, channels))
        return _number(1, FORMAT) + _field(7, graph) + _field(8, _number(2, OPERATORS))


def _maps(name: str, channels: int) -> bytes:
    """Return what is said of maps, (1, channels, Y, X)."""
    sizes = (_number(1, 1), _number(1, channels), _field(2, b"y"), _field(2, b"x"))
    shape = b"".join(_field(1, size) for size in sizes)
    kind = _field(1, _number(1, FLOAT32) + _field(2, shape))
    return _field(1, name.encode()) + _field(2, kind)


def _attribute(name: str, value: Attribute) -> bytes:
    head = _field(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, INT)
    if isinstance(value, str):
        return head + _field(4, value.encode()) + _number(20, STRING)
    return head + b"".join(_number(8, each) for each in value) + _number(20, INTS)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Return a number seven bits at a time, least first; all but the last byte have the top bit."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
