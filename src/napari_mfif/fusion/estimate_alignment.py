"""How long bringing planes to one another will take, found out by doing it with three of them."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

from napari_mfif.arrays.stack import ZStack
from napari_mfif.arrays.views import AxisSelection
from napari_mfif.engine.aligned import iter_aligned
from napari_mfif.errors import MfifError
from napari_mfif.notices import listening
from napari_mfif.settings.parameters import Settings

__all__ = ["aligning_of"]

#: So many planes in the middle are aligned.
FEW = 3

#: With so many others each plane is compared in the second turn.
COMPARISONS = 3


def aligning_of(stack: ZStack, model: str, settings: Settings) -> tuple[float, ZStack]:
    """Return the seconds that aligning takes, and the few planes that were aligned for it.

    Parameters
    ----------
    stack : ZStack
        What is going to be aligned.
    model : str
        What planes may do.
    settings : dict
        Parameters of the method, which tell how planes are repaired.
    """
    first = max(0, (stack.n_planes - FEW) // 2)
    few = stack.part(range(first, min(stack.n_planes, first + FEW)))
    few = few if few.n_times == 1 else _first_timepoint(few)
    began = time.perf_counter()
    moments = [began]
    aligned = few
    try:
        with listening(lambda _: None):  # what it says of three planes is not about the stack
            for ready in iter_aligned(few, model, None, settings):
                moments.append(time.perf_counter())
                aligned = few if ready is None else ready
    except MfifError:  # too few planes may fail where all of them do not
        return 0.0, stack
    planes = stack.n_planes
    steps = [after - before for before, after in pairwise(moments)]
    # The first step surveys and reads; each other one compares, in the second turn with several.
    look, turns = steps[0], steps[1 : 2 * few.n_planes]
    once = turns[: few.n_planes - 1] or [look]
    twice = turns[few.n_planes - 1 :] or [look]
    alone = twice[0]
    each = max(0.0, (twice[-1] - alone) / max(1, len(twice) - 1))
    per_plane = sum(once) / len(once) + alone + COMPARISONS * each
    return stack.n_times * (look * planes / few.n_planes + planes * per_plane), aligned


def _first_timepoint(stack: ZStack) -> ZStack:
    pixels = AxisSelection(stack.pixels, stack.axes.index("T"), 0)
    return replace(stack, pixels=pixels, axes=stack.axes.replace("T", ""))
