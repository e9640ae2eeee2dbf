"""A fusion in a thread: what it is asked for, and what it reports."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.process.client import shared_worker
from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Progress, iter_fuse
from napari_mfif.methods import registry
from napari_mfif.notices import listening
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.layers.multiscale import is_large
from napari_mfif.plugin.layers.origin import Origin
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
from napari_mfif.plugin.layers.telling import Telling, told_of
from napari_mfif.plugin.panel.pace import Pace
from napari_mfif.plugin.panel.preload import load_torch_gently
from napari_mfif.settings.recipe import Recipe

__all__ = [
    "Failure",
    "Request",
    "Step",
    "end_processes_of",
    "run",
    "torch_is_missing",
    "torch_remedy",
]

log = logging.getLogger(__name__)

#: Seconds between two pictures of a running fusion.
PREVIEW = 1.2


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
    origin : Origin, optional
        How the z-stack is got again.
    preset : str
        Name of the preset whose values these are, if any.
    heights : dict
        What becomes of heights that are not known, where the person has said so.
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
    origin: Origin | None = None
    preset: str = ""
    heights: dict[str, Any] = field(default_factory=dict)

    def asks_for(self, other: Request) -> bool:
        """Tell whether another request is for the same; no pixels are compared."""
        here, there = (
            [getattr(one, f.name) for f in fields(Request) if f.name not in ("stack", "origin")]
            for one in (self, other)
        )
        facts, known = ((one.stack.pixels, one.stack.describe()) for one in (self, other))
        return here == there and facts[0] is known[0] and facts[1] == known[1]

    def made(self, recipe: Recipe) -> bool:
        """Tell whether a recipe says the same, but for the stack."""
        wanted = {**self.alignment, "channel": self.channel, "method": self.method}
        return (
            all(getattr(recipe, name) == value for name, value in wanted.items())
            and dict(recipe.parameters) == self.parameters
            and dict(recipe.consistency) == self.consistency
        )

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
            **self.heights,
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


def run(
    request: Request, look: Look, expected: Mapping[str, float] | None = None
) -> Iterator[tuple[Request, Step | Failure]]:
    """Fuse, and yield what the main thread has to show, each with the request it belongs to.

    Parameters
    ----------
    request : Request
        What is asked for.
    look : Look
        How results are to look.
    expected : mapping, optional
        Seconds of each part of the run, as for `Pace`.
    """
    aligns = request.alignment.get("align", "none") != "none"
    stack = request.stack
    pace = Pace(expected or {}, stack.n_planes, stack.n_times, aligns=aligns)
    for step in _steps(request, look, pace):
        yield request, step


def _steps(request: Request, look: Look, pace: Pace) -> Iterator[Step | Failure]:
    """Fuse; no error leaves it."""
    told: list[str] = []
    try:
        warm_up()
        if registry.get(request.method).neural and not request.apart:
            load_torch_gently()
        with listening(told.append), closing(request.steps()) as steps:  # type: ignore[type-var]
            for progress in steps:
                if progress.finished and progress.fusion is not None:
                    fusion, notices = progress.fusion, tuple(dict.fromkeys(told))
                    given = request.origin, request.device, request.preset
                    made = Made(
                        fusion, look, "", *given, telling=Telling(told_of(fusion)), notices=notices
                    )
                    yield from _shown(made, request)
                else:
                    text = pace.note(progress)
                    partly = progress.fusion
                    drawings = draw_image(partly, look) if partly is not None else []
                    yield Step(pace.fraction, text, drawings)
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


def end_processes_of(workers: Sequence[Any]) -> None:
    """End the process in which a network runs, where it still holds up one of these threads.

    It costs seconds to start another one, so a thread that ends by itself keeps it.
    """
    if any(worker.is_running for worker in workers):
        shared_worker().stop()
