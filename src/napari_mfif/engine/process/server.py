"""The other side of a `Worker`: the process in which states are kept and methods run."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import signal
import sys
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from napari_mfif.engine.process.shared_memory import Spans, attached, packed, unpacked
from napari_mfif.errors import MfifError
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.notices import listening
from napari_mfif.settings.parameters import Settings

__all__ = ["serve"]

#: Functions that look at arrays only while they are called, so where they lie.
FLEETING = ("update", "score")

#: How much the process stands back for the window, in the units of `os.nice`.
NICENESS = 5


class _MethodHost:
    """What the child can do."""

    def __init__(self) -> None:
        self.memory: SharedMemory | None = None
        self.states: dict[int, tuple[Method, Any]] = {}
        self._numbers = itertools.count()

    def share(self, name: str) -> None:
        self.memory = attached(name)

    def begin(self, name: str, region: Region, settings: Settings, survey: Survey) -> int:
        method = _method(name)
        number = next(self._numbers)
        self.states[number] = (method, method.begin(region, settings, survey))
        return number

    def update(self, number: int, plane: Plane) -> None:
        method, state = self.states[number]
        method.update(state, plane)

    def turn(self, number: int) -> None:
        method, state = self.states[number]
        method.turn(state)

    def finish(self, number: int) -> Answer:
        method, state = self.states[number]
        return method.finish(state)

    def score(self, name: str, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        return _method(name).score(plane, settings, survey)


def _method(name: str) -> Method:
    from napari_mfif.methods import registry

    return registry.get(name)


def serve() -> None:
    """Answer what comes in by standard input, until it is closed: the child's main."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no reply

    def send(kind: str, content: Any, spans: Spans) -> None:
        pickle.dump((kind, content, spans), replies)
        replies.flush()

    host = _MethodHost()
    send("started", b"", [])
    with listening(lambda sentence: send("notice", sentence, [])):
        while True:
            try:
                function, dropped, payload, spans = pickle.load(sys.stdin.buffer)
            except (EOFError, OSError):
                os._exit(0)  # the window is gone; views of shared memory need no farewell
            for number in dropped:
                host.states.pop(number, None)
            send(*_answered(host, function, payload, spans))


def _answered(
    host: _MethodHost, function: str, payload: bytes, spans: Spans
) -> tuple[str, bytes, Spans]:
    try:
        kept = function not in FLEETING
        answer = getattr(host, function)(*unpacked(payload, spans, host.memory, copy=kept))
    except Exception as error:
        return "raised", *packed(_portable(error), None)
    # behind what was given: the answer may be a part of it
    behind = max((start + length for start, length in spans), default=0)
    return "done", *packed(answer, host.memory, behind)


def _portable(error: Exception) -> Exception:
    """Return an error that the other side can read: one of ours, or of Python's own."""
    if type(error).__module__ == "builtins" or isinstance(error, MfifError):
        with contextlib.suppress(Exception):
            if type(pickle.loads(pickle.dumps(error))) is type(error):
                return error
    return RuntimeError(f"{type(error).__name__}: {error}")
