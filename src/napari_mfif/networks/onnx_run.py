"""Small networks as ONNX Runtime computes them: without torch, which takes longer to start."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import WeightsError
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.networks.weights import Weights, load

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["OnnxNetwork"]

Map = NDArray[np.float32]

#: Side, about, of the parts that are computed one after the other, so that memory stays small.
PART = 512


@dataclass(frozen=True)
class OnnxNetwork:
    """A network of convolutions: maps in, maps of the same size out.

    Parameters
    ----------
    method, name : str
        Where its weights are, see `napari_mfif.networks.weights.load`.
    build : callable
        Makes an ONNX file of its tensors; ``KeyError`` where one is missing.
    grid : int
        Sides of what it sees are a multiple of this.
    context : int
        So many of its pixels round one's own have a say in its answer.
    """

    method: str
    name: str
    build: Callable[[dict[str, Map]], bytes]
    grid: int
    context: int

    def answer(self, seen: Map) -> Map:
        """Return the network's answer, (maps, Y, X), to what it is shown, (channels, Y, X).

        Raises
        ------
        WeightsError
            The weights are missing or damaged.
        """
        rows, columns = seen.shape[1:]
        parts = [(down, across) for down in self._parts(rows) for across in self._parts(columns)]
        found: Map | None = None
        for part in parts:
            outer = [
                slice(max(0, own.start - self.context), min(length, own.stop + self.context))
                for own, length in zip(part, (rows, columns), strict=True)
            ]
            made = self._computed(seen[:, outer[0], outer[1]])
            if found is None:
                found = np.empty((made.shape[0], rows, columns), np.float32)
            inner = [
                slice(own.start - out.start, own.stop - out.start)
                for own, out in zip(part, outer, strict=True)
            ]
            found[:, part[0], part[1]] = made[:, inner[0], inner[1]]
        assert found is not None
        return found

    def _parts(self, length: int) -> list[slice]:
        """Cut a side into parts of nearly the same length, a multiple of the grid."""
        step = -(-length // max(1, round(length / PART)))
        step = -(-step // self.grid) * self.grid
        return [slice(start, min(start + step, length)) for start in range(0, length, step)]

    def _computed(self, seen: Map) -> Map:
        rows, columns = seen.shape[1:]
        beyond = ((0, 0), (0, -rows % self.grid), (0, -columns % self.grid))
        session = _session(self)
        given = {session.get_inputs()[0].name: np.pad(seen, beyond, mode="edge")[None]}
        made: Map = session.run(None, given)[0]
        return made[0, :, :rows, :columns]

    def file(self, weights: Weights) -> bytes:
        """Return the network with these weights as an ONNX file.

        Raises
        ------
        WeightsError
            They belong to another network.
        """
        try:
            return self.build(weights.tensors)
        except KeyError as error:
            raise WeightsError(
                f"The weights of {self.method!r} belong to another network: {error.args[0]} is "
                f"missing. Train them with this version: napari-mfif train {self.method} "
                f"--recipe {self.name} --data FOLDER --out FOLDER"
            ) from None


@functools.lru_cache(maxsize=4)
def _session(network: OnnxNetwork) -> InferenceSession:
    """Return what computes a network; threads may use it at once."""
    import onnxruntime  # takes a tenth of a second

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_processors()
    options.enable_mem_pattern = False  # twice the memory and no faster
    # a thread that waits for work by asking for it takes the processor from others
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    file = network.file(load(network.method, network.name))
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
