"""What is found out in threads before a run: what it will take, and whether planes drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qtpy.QtCore import QObject, Signal
from superqt.utils import create_worker

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import WORTH_ALIGNING, drift_of
from napari_mfif.engine.process.client import Stopped
from napari_mfif.errors import MfifError
from napari_mfif.fusion.estimate import estimate, format_seconds
from napari_mfif.methods import registry
from napari_mfif.plugin.panel.fusion_thread import Request
from napari_mfif.plugin.panel.preload import load_torch_gently
from napari_mfif.plugin.timers import single_shot
from napari_mfif.settings.options import REFERENCE

__all__ = ["Expectation", "Foresight"]

LOOKING = "Finding out how long it takes\N{HORIZONTAL ELLIPSIS}"
NOT_KNOWN = "How long it takes is not known"

#: Milliseconds without a change after which the estimate is made.
SETTLE = 350


@dataclass(frozen=True)
class Expectation:
    """What a request will take, or what is wrong with it.

    Parameters
    ----------
    request : Request
        What was looked at.
    text : str
        The same in words; empty where it is not known.
    problem : str
        Why it would fail.
    parts : dict
        Seconds of each part of the run.
    """

    request: Request
    text: str = ""
    problem: str = ""
    parts: dict[str, float] = field(default_factory=dict)


class Foresight(QObject):
    """Looks ahead once nothing has changed for a while.

    Parameters
    ----------
    parent : QObject
        With it this ends.
    request : callable
        Returns what the panel shows, as it would be fused now; None where nothing can be.
    """

    #: With an `Expectation` of what is asked for still.
    expects = Signal(object)
    #: With a z-stack and its drift in pixels, 0 where aligning is not worth it.
    drifts = Signal(object, float)

    def __init__(self, parent: QObject, request: Callable[[], Request | None]) -> None:
        super().__init__(parent)
        self._request = request
        self._last: Expectation | None = None
        #: Seconds that showing the layers took the last time.
        self.showing = 0.5
        self._workers: list[Any] = []
        self._drift_of: Any = None
        self._patience = single_shot(self, self.look, SETTLE)

    def look_soon(self) -> None:
        """Look ahead when nothing has been changed for a while."""
        self._patience.start()

    def rest(self) -> None:
        """Look no more for the time being."""
        self._patience.stop()

    def forget_drift(self) -> None:
        """Another stack was chosen: look for its drift."""
        self._drift_of = None

    def look(self) -> None:
        """Find out in a thread what a run will take, and once per stack whether planes drift."""
        request = self._request()
        if request is None:
            return
        self._start(expected, self._tell_expectation, request, self.showing)
        if self._drift_of is None or self._drift_of.pixels is not request.stack.pixels:
            self._drift_of = request.stack
            self._start(drift_seen, self._tell_drift, request.stack)

    def is_looking(self) -> bool:
        """Tell whether a thread still finds something out."""
        return bool(self._workers)

    def parts(self, request: Request) -> dict[str, float]:
        """Return the seconds of each part of a run, where they are known."""
        last = self._last
        return last.parts if last is not None and last.request.asks_for(request) else {}

    def said(self, request: Request) -> str:
        """Return what a request will take in words, or that this is being found out."""
        last = self._last
        return last.text if last is not None and last.request.asks_for(request) else LOOKING

    def _start(self, function: Any, told: Any, *arguments: Any) -> None:
        worker = create_worker(function, *arguments, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(told)
        worker.finished.connect(lambda: self._workers.remove(worker))
        self._workers.append(worker)
        worker.start()

    def _tell_expectation(self, found: Expectation) -> None:
        now = self._request()
        if now is not None and found.request.asks_for(now):
            self._last = found
            self.expects.emit(found)

    def _tell_drift(self, answer: tuple[ZStack, float]) -> None:
        stack, drift = answer
        if self._drift_of is stack:
            self.drifts.emit(stack, drift)

    def end(self) -> None:
        """Tell nobody any more."""
        self._patience.stop()
        self._request = lambda: None
        self._drift_of = None
        for worker in self._workers:  # a thread that ends later must hold nothing of the window
            worker.returned.disconnect()
            worker.finished.disconnect()
        self._workers.clear()


def drift_seen(stack: ZStack) -> tuple[ZStack, float]:
    """Return a stack, and its drift in pixels where it is worth aligning."""
    try:
        drift = drift_of(stack)
    except (MfifError, OSError, ValueError):  # what is wrong with it a fusion will say
        return stack, 0.0
    return stack, drift if drift >= WORTH_ALIGNING else 0.0


def expected(request: Request, showing: float = 0.0) -> Expectation:
    """Return what a request will take, with the seconds that showing its layers takes."""
    if registry.get(request.method).neural and not request.apart:
        load_torch_gently()
    if request.in_view and request.alignment.get("align", "none") == "none":
        return Expectation(request, "At once; what comes into view is fused as you look")
    try:
        found = estimate(
            request.stack,
            request.method,
            request.parameters,
            memory=request.memory,
            device=request.device,
            worker=request.apart,
            align=request.alignment.get("align", "none"),
            reference=request.alignment.get("reference", REFERENCE.default),
            consistency=request.consistency,
        )
    except Stopped:
        return Expectation(request, NOT_KNOWN)
    except MfifError as error:
        return Expectation(request, problem=str(error))
    except (ImportError, OSError, RuntimeError):
        return Expectation(request, NOT_KNOWN)
    if request.in_view:
        seconds = format_seconds(found.parts["aligning"])
        text = f"About {seconds} to align; what comes into view is fused as you look"
        return Expectation(request, text, parts={"aligning": found.parts["aligning"]})
    whole = found.with_part("showing", showing)
    place = "on the CPU" if request.device in ("auto", "cpu") else f"on {request.device.upper()}"
    return Expectation(request, f"{whole}, {place}", parts=dict(whole.parts))
