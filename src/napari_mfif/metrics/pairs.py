"""The five measures of a fused image that tables of methods show."""

from __future__ import annotations

from collections.abc import Callable

from napari_mfif.metrics.gradients import q_abf, q_g
from napari_mfif.metrics.perception import q_cb, viff
from napari_mfif.metrics.similarity import q_e

__all__ = ["PAIR_METRICS", "q_abf", "q_cb", "q_e", "q_g", "viff"]

#: The measures by the name they have in tables; all take the sources, then the fused image.
PAIR_METRICS: dict[str, Callable[..., float]] = {
    "Q_G": q_g,
    "Q_ABF": q_abf,
    "Q_CB": q_cb,
    "Q_E": q_e,
    "VIFF": viff,
}
