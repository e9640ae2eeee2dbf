"""What the fused image alone shows: contrast, sharpness, entropy.

None of them knows the sources: noise, sharpening and ringing raise all but LIF. They rank only
results with equal noise.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from napari_mfif.metrics.arrays import Float, grey
from napari_mfif.metrics.declare import measure

__all__ = ["ag", "ag_forward", "en", "gld", "lif", "msd_fused", "q_r", "sf", "std"]

_ORDER = 8  # points of the Wigner-Ville distribution, as Gabarda and Cristobal take


@measure(
    "EN",
    "entropy of greys",
    needs="fused",
    span="0 to 8 bits",
    formula="-sum p log2 p over the 256 grey levels.",
    fooled="Noise raises it, and sources have as much of it as their fusion.",
    reference="Shannon 1948.",
)
def en(fused: ArrayLike) -> float:
    """Entropy of the grey levels."""
    levels = np.floor(grey(fused) + 0.5).astype(np.intp)
    shares = np.bincount(levels.ravel()) / levels.size
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


@measure(
    "STD",
    "contrast",
    needs="fused",
    span="0 to 127.5",
    formula="sqrt(mean((F - mean F)^2)).",
    fooled="Any stretch of the contrast raises it, and blur hardly lowers it.",
    reference="Standard deviation of the population.",
)
def std(fused: ArrayLike) -> float:
    """Contrast: the standard deviation of the grey values."""
    return float(grey(fused).std())


@measure(
    "MSD_fused",
    "contrast squared",
    needs="fused",
    span="0 to 0.25",
    formula="mean((F - mean F)^2) with F from 0 to 1: (STD / 255)^2.",
    fooled="As STD: any stretch of the contrast raises it.",
    reference="The mean square deviation of the fused image alone, larger is better, as MFIF-GAN "
    "lists it beside AG and GLD (Wang et al. 2021); the formula is not printed, and its .0702 on "
    "Lytro is more than the planes have (.048 turned grey, .058 in colour).",
)
def msd_fused(fused: ArrayLike) -> float:
    """Contrast: the variance of the grey values."""
    return (std(fused) / 255) ** 2


@measure(
    "SF",
    "detail",
    needs="fused",
    span="0 to 361",
    formula="sqrt(mean dy^2 + mean dx^2), d the differences of neighbours, each mean over those "
    "that exist.",
    fooled="Sharpening raises it by half, noise of 10 grey levels by 40 per cent, speckle too.",
    reference="Eskicioglu, Fisher 1995, IEEE Transactions on Communications 43(12).",
)
def sf(fused: ArrayLike) -> float:
    """Spatial frequency."""
    image = grey(fused)
    along_y, along_x = np.diff(image, axis=0), np.diff(image, axis=1)
    return float(np.sqrt(np.mean(along_y * along_y) + np.mean(along_x * along_x)))


def _mean_slope(gx: Float, gy: Float, count: int) -> float:
    return float(cv2.magnitude(gx, gy).sum() / np.sqrt(2) / count)


@measure(
    "AG",
    "mean slope",
    needs="fused",
    span="0 to about 255",
    formula="sum sqrt((gx^2 + gy^2) / 2) / ((H - 1)(W - 1)), g the central differences, one-sided "
    "at the border.",
    fooled="Noise and sharpening raise it; central differences halve the finest detail.",
    reference="Cui, Feng, Xu, Li, Chen 2015, Optics Communications 341.",
)
def ag(fused: ArrayLike) -> float:
    """Mean slope, of central differences."""
    image = grey(fused)
    gy, gx = np.gradient(image)
    return _mean_slope(np.asarray(gx), np.asarray(gy), (image.shape[0] - 1) * (image.shape[1] - 1))


@measure(
    "AG_forward",
    "mean slope, forward",
    needs="fused",
    span="0 to about 255",
    formula="sum sqrt((dx^2 + dy^2) / 2) / (H W), d the differences to the next pixel.",
    fooled="Noise and sharpening raise it; it is another number than AG, never to be mixed.",
    reference="As in a widely copied program.",
)
def ag_forward(fused: ArrayLike) -> float:
    """Mean slope, of differences to the next pixel."""
    image = grey(fused)
    dx = np.ascontiguousarray(image[:-1, 1:] - image[:-1, :-1])
    dy = np.ascontiguousarray(image[1:, :-1] - image[:-1, :-1])
    return _mean_slope(dx, dy, image.size)


@measure(
    "GLD",
    "difference of neighbours",
    needs="fused",
    span="0 to 510",
    formula="sum (|F(y, x) - F(y + 1, x)| + |F(y, x) - F(y, x + 1)|) / ((H - 1)(W - 1)).",
    fooled="Noise raises it most of all: 10 grey levels by 80 per cent.",
    reference="No reference code is known; defined as in papers that use it.",
)
def gld(fused: ArrayLike) -> float:
    """Grey-level difference of neighbours."""
    image = grey(fused)
    corner = image[:-1, :-1]
    both = np.abs(corner - image[1:, :-1]) + np.abs(corner - image[:-1, 1:])
    return float(both.mean())


@measure(
    "LIF",
    "fuzziness",
    needs="fused",
    better="lower",
    span="0 to 1, NaN where the image is black",
    formula="2 mean(min(p, 1 - p)), p = sin(pi/2 (1 - F / max F)).",
    fooled="It measures brightness, not focus: a darker, brighter or gamma-changed image scores "
    "otherwise.",
    reference="No reference code is known; defined as in papers that use it.",
)
def lif(fused: ArrayLike) -> float:
    """Linear index of fuzziness."""
    image = grey(fused)
    brightest = image.max()
    if brightest == 0:
        return float("nan")
    member = np.sin(np.pi / 2 * (1 - image / brightest))
    return float(2 * np.minimum(member, 1 - member).mean())


def _wigner(image: Float, along_y: int, along_x: int) -> Float:
    """Return the Wigner-Ville distribution along a direction at frequencies 0 to N/2, (5, pixels).

    The frequencies beyond mirror them, for the products below are symmetric.
    """
    reach = _ORDER // 2
    rows, columns = (size - 2 * reach for size in image.shape)

    def at(steps: int) -> Float:
        y, x = reach + steps * along_y, reach + steps * along_x
        return image[y : y + rows, x : x + columns]

    products = np.stack([(at(m) * at(-m)).ravel() for m in range(reach + 1)])
    steps = np.arange(reach + 1)
    waves = 2 * np.cos(2 * np.pi * np.outer(steps, steps) / _ORDER)
    waves[:, [0, reach]] /= 2  # these two products occur once, the others on both sides
    return np.asarray(2 * waves @ products)


def _renyi(distribution: Float) -> Float:
    """Return the Renyi entropy of order 3 at each pixel, in bits; 0 where all is black."""
    energy = distribution * distribution
    occurs = np.array([1, *[2] * (len(energy) - 2), 1], np.float64)
    total = occurs @ energy
    cubes = occurs @ (energy * energy * energy)
    return np.asarray(
        -0.5 * np.log2(np.where(total > 0, cubes / np.where(total, total, 1) ** 3, 1))
    )


@measure(
    "Q_R",
    "entropy of spectra",
    needs="fused",
    span="0 to 3 bits, mostly below 1",
    formula="Mean of R = -1/2 log2 sum_k P(n, k)^3 over the pixels n and the directions 0, 45, 90 "
    "and 135 degrees, P = W^2 / sum_k W^2, W(n, k) = 2 DFT over m of F[n + m] F[n - m], 8 points "
    "long. The paper leaves the window, the directions and P open: 8 points, four directions and "
    "P are those of Gabarda and Cristobal 2007, so its published values (0.9 to 1.8) are not met.",
    fooled="Noise raises it as detail does, and adding a constant brightness lowers it.",
    reference="Guo et al. 2020 (FD-FCN), equation 10, after Saleem et al. 2011.",
)
def q_r(fused: ArrayLike) -> float:
    """Entropy of the local spectra (Wigner-Ville), which blur lowers."""
    image = grey(fused)
    if min(image.shape) <= _ORDER:
        return float("nan")
    directions = ((0, 1), (1, 1), (1, 0), (1, -1))
    return float(np.mean([_renyi(_wigner(image, *d)).mean() for d in directions]))
