"""Things of any kind between two processes, their arrays in memory that both see."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

__all__ = ["Spans", "array_bytes", "attached", "can_share", "packed", "unpacked"]

#: Arrays lie at multiples of this.
ALIGNMENT = 64

#: Where arrays lie: first byte and length of each.
Spans = list[tuple[int, int]]


def packed(content: Any, memory: SharedMemory | None, start: int = 0) -> tuple[bytes, Spans]:
    """Pickle something, with its arrays in shared memory from `start` on, as far as they fit."""
    spans: Spans = []
    place = start

    def lay_out(buffer: pickle.PickleBuffer) -> bool:
        nonlocal place
        raw = buffer.raw()
        begin = -(-place // ALIGNMENT) * ALIGNMENT
        if memory is None or begin + raw.nbytes > memory.size:
            return True  # within the pickle
        _bytes_of(memory)[begin : begin + raw.nbytes] = raw
        spans.append((begin, raw.nbytes))
        place = begin + raw.nbytes
        return False

    return pickle.dumps(content, protocol=5, buffer_callback=lay_out), spans


def unpacked(payload: bytes, spans: Spans, memory: SharedMemory | None, *, copy: bool) -> Any:
    """Read back what `packed` gave; without a copy, arrays stay where the next ones go."""
    buffers: list[Any] = []
    for start, length in spans:
        assert memory is not None
        view = _bytes_of(memory)[start : start + length]
        buffers.append(bytearray(view) if copy else view)
    return pickle.loads(payload, buffers=buffers)


def _bytes_of(memory: SharedMemory) -> memoryview:
    assert memory.buf is not None
    return memory.buf


def array_bytes(content: Any) -> int:
    """Return the bytes that the arrays in something take in shared memory."""
    sizes: list[int] = []
    pickle.dumps(
        content, protocol=5, buffer_callback=lambda b: sizes.append(b.raw().nbytes + ALIGNMENT)
    )
    return sum(sizes)


def can_share(size: int) -> bool:
    """Tell whether there is so much memory to share; a container may have little of it.

    Writing beyond it would end the program.
    """
    try:
        return shutil.disk_usage("/dev/shm").free > size
    except OSError:  # no such folder on other systems
        return True


def attached(name: str) -> SharedMemory:
    """Return shared memory that the other side made, and will remove."""
    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)
    memory = SharedMemory(name)
    if os.name == "posix":
        from multiprocessing import resource_tracker

        resource_tracker.unregister(f"/{memory.name}", "shared_memory")
    return memory
