"""Shapes of a scene: smooth heights, plates, hairs, beads and bodies, each with its depth."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.simulation.textures import Rng, Shape, fractal

__all__ = ["add_beads", "bodies", "heights", "plates", "strands"]

Float = NDArray[np.float32]


def heights(rng: Rng, shape: Shape) -> Float:
    """Make a smooth height map from 0 to 1: hills, a tilted plane, a dome, a ridge or a saddle."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    angle, centre = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5, 2)
    along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    across = (y - centre[1]) * np.cos(angle) - (x - centre[0]) * np.sin(angle)
    forms = (np.zeros(shape), along, along**2 + across**2, along**2, along**2 - across**2)
    form = forms[rng.integers(len(forms))]
    hills = fractal(rng, shape, power=rng.uniform(2.4, 3.2), coarsest=rng.uniform(0.25, 1.0))
    ground = rng.choice([-1, 1]) * form + rng.uniform(0.3, 1.2) * hills
    ground = cv2.GaussianBlur(ground.astype(np.float32), (0, 0), 3)
    return np.asarray((ground - ground.min()) / np.ptp(ground), np.float32)


def plates(rng: Rng, shape: Shape, levels: int) -> list[Float]:
    """Make mattes of terraces, each lying within the one below it; the lowest covers all."""
    y, x = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape), indexing="ij")
    field = fractal(rng, shape, power=rng.uniform(2, 3), coarsest=rng.uniform(0.3, 1.0))
    field = cv2.GaussianBlur(field, (0, 0), rng.uniform(1, 8))
    if rng.uniform() < 0.5:  # straight edges: the nearest of some random corners decides
        corners = rng.uniform(0, 1, (int(rng.integers(6, 22)), 2)) * shape
        far = [(y - a) ** 2 + (x - b) ** 2 for a, b in corners]
        field = rng.uniform(0, 1, len(corners)).astype(np.float32)[np.argmin(far, 0)]
    edges = np.quantile(field, np.linspace(0, rng.uniform(0.7, 0.9), levels)[1:])
    inner = [(field > edge).astype(np.float32) for edge in edges]
    return [np.ones(shape, np.float32)] + [cv2.GaussianBlur(m, (0, 0), 0.6) for m in inner]


def _curve(rng: Rng, shape: Shape, bend: float, length: float) -> NDArray[Any]:
    """Return points (N, 2) as x, y along a curve that starts somewhere on the canvas."""
    start = rng.uniform(-0.1, 1.1, 2) * shape[::-1]
    angle = rng.uniform(0, 2 * np.pi)
    side = length * min(shape)
    t = np.linspace(0, 1, 28)
    turn = angle + bend * rng.uniform(-1, 1) * t + bend * rng.uniform(-1, 1) * t**2
    step = side / len(t) * np.stack([np.cos(turn), np.sin(turn)], 1)
    return np.asarray(start + np.cumsum(step, 0))


def strands(
    rng: Rng, shape: Shape, count: int, *, width: tuple[float, float], depth: tuple[float, float]
) -> tuple[Float, Float, Float]:
    """Draw hairs, bristles or filaments.

    Returns
    -------
    matte, depth, light : float32, (Y, X)
        Coverage; the depth, in the range given and changing along each; the light, round
        in cross-section with a tone for each.
    """
    fine = 3
    canvas = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    span = np.zeros_like(canvas)
    plane = np.full(shape, np.mean(depth), np.float32)
    tone = np.full(shape, 0.5, np.float32)
    bend, reach = rng.uniform(0.1, 2.5), rng.uniform(0.4, 1.3)
    for _ in range(count):
        points = _curve(rng, shape, bend, reach * rng.uniform(0.5, 1.5))
        thick = rng.uniform(*width) * np.linspace(1, rng.uniform(0.3, 1), len(points))
        start, end = rng.uniform(*depth, 2)
        way, light = np.linspace(start, end, len(points)), rng.uniform(0.25, 1)
        sharp = np.round(points * fine * 16).astype(int).tolist()
        coarse = np.round(points * 16 - 8).astype(int).tolist()
        for i, (w, d) in enumerate(zip(thick[:-1], way[:-1], strict=True)):
            wide, bold = max(1, round(w * fine)), int(np.ceil(w)) + 3
            cv2.line(canvas, sharp[i], sharp[i + 1], 255, wide, cv2.LINE_8, 4)
            cv2.line(span, sharp[i], sharp[i + 1], wide, wide, cv2.LINE_8, 4)
            cv2.line(plane, coarse[i], coarse[i + 1], float(d), bold, cv2.LINE_8, 4)
            cv2.line(tone, coarse[i], coarse[i + 1], float(light), bold, cv2.LINE_8, 4)
    inside = cv2.distanceTransform(canvas, cv2.DIST_L2, 3) / np.maximum(span / 2, 1)
    round_light = np.sqrt(np.clip(1 - (1 - np.clip(inside, 0, 1)) ** 2, 0.05, 1)) * (canvas > 0)
    size = shape[::-1]
    matte = cv2.resize(canvas.astype(np.float32) / 255, size, interpolation=cv2.INTER_AREA)
    shade = cv2.resize(round_light.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return matte, plane, tone * shade / np.maximum(matte, 1e-3)


def add_beads(
    rng: Rng, light: NDArray[Any], depth: Float, count: int, planes: tuple[float, float]
) -> None:
    """Add round beads to the light and depth of a layer, in place; the brighter has the depth."""
    size = rng.uniform(0.8, 2.5)
    for _ in range(count):
        sigma, power = size * rng.uniform(0.8, 1.3), rng.uniform(0.3, 1) ** 2
        y, x, box = _around(light.shape, rng.uniform(0, 1, 2) * light.shape, 4 * sigma + 1)
        spot = (power * np.exp(-(y * y + x * x) / (2 * sigma * sigma))).astype(np.float32)
        depth[box][spot > light[box]] = rng.uniform(*planes)
        light[box] = np.maximum(light[box], spot)


def bodies(
    rng: Rng, shape: Shape, count: int, *, radius: tuple[float, float], depth: tuple[float, float]
) -> tuple[Float, Float, Float]:
    """Draw round and oval bodies.

    Returns
    -------
    matte, depth, light : float32, (Y, X)
        Coverage; one depth for each body; a light that is brighter in the middle.
    """
    matte = np.zeros(shape, np.float32)
    plane = np.full(shape, np.mean(depth), np.float32)
    light = np.zeros(shape, np.float32)
    for _ in range(count):
        centre, angle = rng.uniform(0, 1, 2) * shape, rng.uniform(0, np.pi)
        major = rng.uniform(*radius)
        minor = major * rng.uniform(0.6, 1)
        y, x, box = _around(shape, centre, major + 4)
        u = (x * np.cos(angle) + y * np.sin(angle)) / major
        v = (y * np.cos(angle) - x * np.sin(angle)) / minor
        far = np.sqrt(u * u + v * v)
        cover = np.clip((1 - far) * minor + 0.5, 0, 1).astype(np.float32)
        tone = rng.uniform(0.6, 1) * (1 - rng.uniform(0, 0.5) * far * far)
        plane[box][far < 1 + 3 / minor] = rng.uniform(*depth)
        light[box][cover > 0] = np.clip(tone, 0, 1)[cover > 0]
        matte[box] = np.maximum(matte[box], cover)
    return matte, plane, light


def _around(
    shape: Shape, centre: NDArray[Any], reach: float
) -> tuple[NDArray[Any], NDArray[Any], tuple[slice, slice]]:
    """Return the distances along y and x from a point, and the part of the canvas they cover."""
    near = [max(int(c - reach), 0) for c in centre]
    far = [min(int(c + reach) + 1, n) for c, n in zip(centre, shape, strict=True)]
    box = (slice(near[0], max(far[0], near[0])), slice(near[1], max(far[1], near[1])))
    y, x = (np.arange(s.start, s.stop) - c for s, c in zip(box, centre, strict=True))
    return y[:, None], x[None, :], box
