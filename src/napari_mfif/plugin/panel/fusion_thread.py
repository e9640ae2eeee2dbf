"""A fusion in a thread: what it is asked for, and what it reports."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, fields
from math import floor
from typing import Any

import numpy as np

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Fusion, Progress, iter_fuse
from napari_mfif.fusion.estimate import format_seconds
from napari_mfif.methods import registry
from napari_mfif.notices import listening
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.multiscale import is_large
from napari_mfif.plugin.layers.specs import (
    Drawing,
    Look,
    draw,
    draw_image,
    draw_large,
    draw_maps,
    finished,
    warm_up,
)
from napari_mfif.plugin.panel.preload import load_torch_gently

__all__ = ["Failure", "Request", "Step", "in_words", "run", "torch_is_missing", "torch_remedy"]

log = logging.getLogger(__name__)

#: Seconds between two pictures of a running fusion.
PREVIEW = 1.2

#: From this confidence on a pixel counts as decided.
SURE = 0.5


@dataclass(frozen=True)
class Request:
    """Everything that `iter_fuse` is to be called with.

    Parameters
    ----------
    stack : ZStack
        What is fused.
    method : str
        Name of the method.
    parameters, consistency : dict
        A value for each of their parameters.
    channel : int or None
        The channel that decides.
    device : str
        For the networks.
    memory : int or None
        Bytes that may be used.
    apart : bool
        Whether the method runs in a process of its own.
    alignment : dict
        A value for each parameter of the alignment.
    in_view : bool
        Whether only what comes into view is fused.
    """

    stack: ZStack
    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    consistency: dict[str, Any] = field(default_factory=dict)
    channel: int | None = None
    device: str = "auto"
    memory: int | None = None
    apart: bool = False
    alignment: dict[str, Any] = field(default_factory=dict)
    in_view: bool = False

    def asks_for(self, other: Request) -> bool:
        """Tell whether another request is for the same; no pixels are compared."""
        here, there = (
            [getattr(one, name.name) for name in fields(Request) if name.name != "stack"]
            for one in (self, other)
        )
        facts, known = ((one.stack.pixels, one.stack.describe()) for one in (self, other))
        return here == there and facts[0] is known[0] and facts[1] == known[1]

    def steps(self) -> Iterator[Progress]:
        """Start the fusion."""
        return iter_fuse(
            self.stack,
            method=self.method,
            channel=self.channel,
            consistency=self.consistency,
            device=self.device,
            memory=self.memory,
            preview=PREVIEW,
            worker=self.apart,
            lazy=self.in_view,
            **self.alignment,
            **self.parameters,
        )


@dataclass(frozen=True)
class Step:
    """Where a fusion stands, ready to be shown.

    Parameters
    ----------
    fraction : float
        Share that is done.
    text : str
        The same in words.
    drawings : list of Drawing
        Layers to update.
    made : Made, optional
        The finished result.
    """

    fraction: float
    text: str
    drawings: list[Drawing] = field(default_factory=list)
    made: Made | None = None


@dataclass(frozen=True)
class Failure:
    """Why a fusion ended without a result, in a sentence."""

    sentence: str


def run(request: Request, look: Look) -> Iterator[tuple[Request, Step | Failure]]:
    """Fuse, and yield what the main thread has to show, each with the request it belongs to."""
    for step in _steps(request, look):
        yield request, step


def _steps(request: Request, look: Look) -> Iterator[Step | Failure]:
    """Fuse; no error leaves it."""
    began = time.perf_counter()
    told: list[str] = []
    try:
        warm_up()
        if registry.get(request.method).neural and not request.apart:
            load_torch_gently()
        with listening(told.append), closing(request.steps()) as steps:  # type: ignore[type-var]
            for progress in steps:
                text = in_words(progress, request.stack, time.perf_counter() - began)
                if progress.finished and progress.fusion is not None:
                    said = " ".join([text, *dict.fromkeys(told)])
                    yield from _shown(Made(progress.fusion, look, said), request)
                else:
                    partly = progress.fusion
                    drawings = draw_image(partly, look) if partly is not None else []
                    yield Step(progress.fraction, text, drawings)
    except MfifError as error:
        yield Failure(str(error))
    except MemoryError:
        yield Failure("There is not enough memory. Fuse a part of the image, or close other data.")
    except (ImportError, OSError) as error:
        neural = registry.get(request.method).neural
        log.warning("The fusion failed.", exc_info=True)
        yield Failure(f"{torch_remedy()} ({error})" if neural else f"Reading failed: {error}.")
    except Exception as error:
        log.exception("The fusion failed.")
        what = str(error) or type(error).__name__
        yield Failure(
            f"This should not have happened: {what}. The log says where; please report it."
        )


def _shown(made: Made, request: Request) -> Iterator[Step]:
    """Show a finished fusion: the image first where maps are only made as one looks."""
    fusion, look = made.fusion, made.look
    if request.in_view and is_large(fusion.stack.plane_shape):
        image = draw_large(fusion, look, draw_image)
        yield Step(0.5, "showing the image", finished(image, made))
        yield Step(1, made.said, finished(draw_large(fusion, look, draw_maps), made), made)
    else:
        yield Step(1, made.said, draw(made), made)


def in_words(progress: Progress, stack: ZStack, elapsed: float) -> str:
    """Say where a fusion stands: ``plane 14 of 24, 1.4 s left``."""
    planes = stack.n_planes
    if progress.finished and progress.fusion is not None:
        return summary(progress.fusion)
    if progress.done == 0:
        return progress.stage.lower()
    if progress.done >= progress.total - 1:
        return "composing the image"
    per_time = max(planes, (progress.total - 1) // stack.n_times)
    time_index, within = divmod(progress.done - 1, per_time)
    turn, plane = divmod(within, planes)
    parts = [f"plane {plane + 1} of {planes}"]
    if per_time > planes:
        parts.append(f"pass {turn + 1} of {per_time // planes}")
    if stack.n_times > 1:
        parts.insert(0, f"timepoint {time_index + 1} of {stack.n_times}")
    left = elapsed / progress.done * (progress.total - progress.done)
    return ", ".join([*parts, f"{format_seconds(left)} left"])


def summary(fusion: Fusion) -> str:
    """Say how long it took and how sure it is; this looks at every pixel."""
    if not isinstance(fusion.confidence, np.ndarray):
        return "Ready: what comes into view is fused as you look."
    sure = floor(100 * float((fusion.confidence >= SURE).mean()))
    seconds = format_seconds(fusion.seconds)
    return f"Done in {seconds}; {sure} % of the area decided with confidence."


def torch_remedy() -> str:
    """Say what to do when a network cannot run for want of torch; empty where it is installed."""
    if importlib.util.find_spec("torch") is None:
        return (
            "This method is a neural network and needs PyTorch, which is not installed. "
            "Run: pip install torch, then start napari again. The other methods need nothing."
        )
    return "PyTorch is installed but cannot be loaded here. The other methods work without it."


def torch_is_missing() -> bool:
    """Tell whether torch is not installed, without importing it."""
    return importlib.util.find_spec("torch") is None
