"""The one list of measures; each carries its declaration (see `declare`)."""

from __future__ import annotations

from collections.abc import Callable

from napari_mfif.errors import ParameterError
from napari_mfif.metrics import (
    confidence,
    detail,
    gradients,
    information,
    perception,
    similarity,
    statistics,
    truth,
    universal,
)
from napari_mfif.metrics.declare import Measure, declaration
from napari_mfif.settings.parameters import unknown_name

__all__ = ["MEASURES", "USUAL", "chosen"]

_FUNCTIONS: tuple[Callable[..., float], ...] = (
    truth.psnr,
    truth.ssim,
    truth.depth_error,
    truth.share_within,
    truth.wrong_near_boundaries,
    confidence.roc_auc,
    confidence.calibration_error,
    gradients.q_g,
    gradients.q_abf,
    perception.q_cb,
    similarity.q_e,
    perception.viff,
    similarity.q_s,
    similarity.q_w,
    similarity.q_w_edge,
    universal.q_y,
    universal.q_c,
    universal.q_c_clipped,
    similarity.ssim_sources,
    detail.psnr_sources,
    detail.psnr_published,
    detail.msd_sources,
    detail.q_m,
    detail.q_sf,
    perception.q_cv,
    information.mi,
    information.nmi,
    information.nmi_unstretched,
    information.ncie,
    information.te,
    information.te_exchanged,
    information.te_cvejic,
    statistics.sf,
    statistics.ag,
    statistics.ag_forward,
    statistics.gld,
    statistics.lif,
    statistics.std,
    statistics.msd_fused,
    statistics.en,
    statistics.q_r,
)

#: Every measure by its name in tables; those that know the truth come first.
MEASURES: dict[str, Measure] = {about.name: about for about in map(declaration, _FUNCTIONS)}

#: What is reported when nobody asks for more: the truth, five that notice a wrong choice, and
#: the spatial frequency that says whether detail was lost or made up.
USUAL = (
    *("PSNR", "SSIM", "depth_error", "share_within", "wrong_near_boundaries"),
    *("AUC", "calibration_error", "Q_G", "Q_ABF", "Q_CB", "Q_E", "VIFF", "SF", "Q_SF"),
)


def chosen(names: str | None) -> tuple[str, ...]:
    """Return the measures meant by "all", by names with commas between them, or by None (usual).

    Raises
    ------
    ParameterError
        There is no measure of a name.
    """
    if names is None:
        return USUAL
    if names == "all":
        return tuple(MEASURES)
    known = {name.lower(): name for name in MEASURES}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name.lower() not in known:
            raise ParameterError(unknown_name("measure", name, MEASURES))
    if not wanted:
        raise ParameterError('No measure is named: give names with commas between them, or "all".')
    return tuple(known[name.lower()] for name in wanted)
