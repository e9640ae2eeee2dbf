"""Methods whose fold runs in a process of its own.

A window stays smooth, and on Windows torch cannot be imported at all once Qt is loaded. So the
states of a fold can live in another Python, which knows no Qt: planes go there and answers come
back through shared memory. Whoever drives the fold does not notice.

The process is a plain child, not one of `multiprocessing`: that would import the user's script
again, with the window it opens.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections import deque
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from napari_mfif.engine.process.shared_memory import Spans, array_bytes, can_share, packed, unpacked
from napari_mfif.errors import MfifError
from napari_mfif.methods.base import Answer, FloatMap, Method, Plane, Region, Survey
from napari_mfif.notices import notice
from napari_mfif.settings.parameters import Settings

__all__ = ["Stopped", "Worker", "in_worker", "shared_worker"]

#: Shared memory per pixel of a region: a plane, and three maps of an answer.
BYTES_PER_PIXEL = 20
#: What a child does first; ``-P`` keeps modules of the current folder out.
CHILD = ("-P", "-c", "from napari_mfif.engine.process.server import serve; serve()")


class Stopped(MfifError):
    """The process was ended on purpose in the middle of a call."""


class Worker:
    """A child process that keeps states of folds and calls methods on them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._memory: SharedMemory | None = None
        self._stopped = False
        #: Process and number of states to be forgotten with the next call; filled at any time,
        #: from any thread.
        self._dropped: deque[tuple[int, int]] = deque()

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def call(
        self, function: str, *given: Any, room: int = 0, pid: int | None = None
    ) -> tuple[Any, int]:
        """Call a function over there, see `napari_mfif.engine.process.server`.

        Parameters
        ----------
        function : str
            Its name.
        *given
            What it is called with; arrays in it travel through shared memory.
        room : int, optional
            Bytes of shared memory that will be wanted for the answer.
        pid : int, optional
            The process that it must be, because it keeps a state.

        Returns
        -------
        (object, int)
            What it gave, and the process.

        Raises
        ------
        MfifError
            The process ended; or what the function raised.
        """
        with self._lock:
            if pid is not None and pid != self.pid:
                self._end()
                raise self._ended()
            try:
                process = self._running()
                self._make_room(process, array_bytes(given) + room)
                forgotten = [self._dropped.popleft() for _ in range(len(self._dropped))]
                dropped = [number for owner, number in forgotten if owner == process.pid]
                question = packed(given, self._memory)
                kind, answer = self._asked(process, function, dropped, *question)
            except (EOFError, OSError, pickle.UnpicklingError) as error:
                self._end()
                raise self._ended() from error
            if kind == "raised":
                raise answer
            return answer, process.pid

    def stop(self) -> None:
        """End the process at once, also in the middle of a call, which then fails."""
        self._stopped = True
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
        if self._lock.acquire(blocking=False):  # else the call that fails cleans up
            try:
                self._end()
            finally:
                self._lock.release()

    def keep(self, state: _State) -> None:
        """Have a state forgotten over there when nobody holds it here."""
        weakref.finalize(state, self._dropped.append, (state.pid, state.number))

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the process, started if there is none."""
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._stopped = False
            self._process = subprocess.Popen(
                [sys.executable, *CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                creationflags=_windows_flags(),
            )
            assert self._process.stdout is not None
            pickle.load(self._process.stdout)  # it is there
        return self._process

    def _make_room(self, process: subprocess.Popen[bytes], size: int) -> None:
        """Grow the shared block to at least `size` bytes, where the system allows it.

        Its name is taken back as soon as both know it: whatever happens then, nothing is left.
        """
        if size <= (self._memory.size if self._memory is not None else 0):
            return
        self._release()
        if not can_share(size):
            return
        name = f"mfif_{os.getpid()}_{os.urandom(4).hex()}"
        memory = SharedMemory(name, create=True, size=size)
        try:
            self._asked(process, "share", [], *packed((memory.name,), None))
        finally:
            memory.unlink()
        self._memory = memory

    def _asked(
        self,
        process: subprocess.Popen[bytes],
        function: str,
        dropped: list[int],
        payload: bytes,
        spans: Spans,
    ) -> tuple[str, Any]:
        """Send a question and return the answer; pass on what the user is told meanwhile."""
        assert process.stdin is not None
        assert process.stdout is not None
        pickle.dump((function, dropped, payload, spans), process.stdin)
        process.stdin.flush()
        while True:
            kind, content, places = pickle.load(process.stdout)
            if kind != "notice":
                return kind, unpacked(content, places, self._memory, copy=True)
            notice(content)

    def _ended(self) -> MfifError:
        if self._stopped:
            return Stopped("The process that ran the network was stopped.")
        return MfifError(
            "The process that ran the network ended unexpectedly; perhaps the system was short of "
            "memory. Fuse again; if it happens again, close other programs, or use a method "
            "without a network."
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self._release()

    def _release(self) -> None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None


class _State:
    """Stands for a state that is kept in the process."""

    def __init__(self, worker: Worker, number: int, pid: int) -> None:
        self.number, self.pid = number, pid
        worker.keep(self)


class _InWorker(Method):
    """A method whose states are kept in a worker; mixed in before the method itself."""

    worker: Worker

    def begin(self, region: Region, settings: Settings, survey: Survey) -> _State:
        """Make the state for a region, over there."""
        rows, columns = region.shape
        given = (self.name, region, settings, survey)
        room = BYTES_PER_PIXEL * rows * columns
        return _State(self.worker, *self.worker.call("begin", *given, room=room))

    def update(self, state: _State, plane: Plane) -> None:
        """Take the next plane."""
        whole = Plane(
            plane.index, np.ascontiguousarray(plane.guide), np.ascontiguousarray(plane.pixels)
        )
        self.worker.call("update", state.number, whole, pid=state.pid)

    def turn(self, state: _State) -> None:
        """Get ready for the next pass."""
        self.worker.call("turn", state.number, pid=state.pid)

    def finish(self, state: _State) -> Answer:
        """Return the answer."""
        answer: Answer = self.worker.call("finish", state.number, pid=state.pid)[0]
        return answer

    def score(self, plane: Plane, settings: Settings, survey: Survey) -> FloatMap:
        """Return the score map of one whole plane."""
        given = (self.name, plane, settings, survey)
        scores: FloatMap = self.worker.call("score", *given, room=4 * plane.guide.size)[0]
        return scores

    def state_bytes(self, n_bands: int) -> int:
        """Return the bytes of state per pixel, and of what is shared."""
        return super().state_bytes(n_bands) + BYTES_PER_PIXEL


def in_worker(method: Method, worker: Worker | None = None) -> Method:
    """Return the same method with its fold in a process of its own.

    Parameters
    ----------
    method : Method
        One of the registry.
    worker : Worker, optional
        The process; the one that all share when not given.
    """
    kind = type(method)
    made: Method = type(f"{kind.__name__}InWorker", (_InWorker, kind), {})()
    made.worker = worker or shared_worker()  # type: ignore[attr-defined]
    return made


_shared: list[Worker] = []


def shared_worker() -> Worker:
    """Return the process that all fusions share."""
    if not _shared:
        _shared.append(Worker())
        atexit.register(_shared[0].stop)
    return _shared[0]


def _windows_flags() -> int:
    """Return what a child on Windows needs: no window of its own, and to stand back."""
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
