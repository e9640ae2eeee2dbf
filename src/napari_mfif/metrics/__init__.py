"""Measures of fused images and of depth maps: functions on arrays, listed in `MEASURES`."""

from napari_mfif.metrics.confidence import calibration, calibration_error, roc_auc
from napari_mfif.metrics.declare import Measure
from napari_mfif.metrics.detail import msd_sources, psnr_published, psnr_sources, q_m, q_sf
from napari_mfif.metrics.evaluation import evaluate
from napari_mfif.metrics.gradients import q_abf, q_g
from napari_mfif.metrics.information import (
    mi,
    ncie,
    nmi,
    nmi_unstretched,
    te,
    te_cvejic,
    te_exchanged,
)
from napari_mfif.metrics.perception import q_cb, q_cv, viff
from napari_mfif.metrics.registry import MEASURES
from napari_mfif.metrics.similarity import q_e, q_s, q_w, q_w_edge, ssim_sources
from napari_mfif.metrics.statistics import ag, ag_forward, en, gld, lif, msd_fused, q_r, sf, std
from napari_mfif.metrics.truth import (
    depth_error,
    psnr,
    share_within,
    ssim,
    wrong_near_boundaries,
)
from napari_mfif.metrics.universal import q_c, q_c_clipped, q_y

__all__ = [
    "MEASURES",
    "Measure",
    "ag",
    "ag_forward",
    "calibration",
    "calibration_error",
    "depth_error",
    "en",
    "evaluate",
    "gld",
    "lif",
    "mi",
    "msd_fused",
    "msd_sources",
    "ncie",
    "nmi",
    "nmi_unstretched",
    "psnr",
    "psnr_published",
    "psnr_sources",
    "q_abf",
    "q_c",
    "q_c_clipped",
    "q_cb",
    "q_cv",
    "q_e",
    "q_g",
    "q_m",
    "q_r",
    "q_s",
    "q_sf",
    "q_w",
    "q_w_edge",
    "q_y",
    "roc_auc",
    "sf",
    "share_within",
    "ssim",
    "ssim_sources",
    "std",
    "te",
    "te_cvejic",
    "te_exchanged",
    "viff",
    "wrong_near_boundaries",
]
