"""How far the confidence of each method can be believed: ``python -m benchmarks.reliability``.

usage: python -m benchmarks.reliability [METHOD ...] [--seeds N] [--cases CASE ...]

Simulated stacks that no calibration has seen. A confidence of .8 can be believed where 80 % of the
pixels that have it are right within one plane. Prints a Markdown table with a row for each case and
method: the share that is right, the mean confidence, the error of the confidence (mean distance
between the two in tenths of the confidence), the share decided (confidence .5 or more) and how much
of that is right.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from napari_mfif import ZStack, fuse, methods
from napari_mfif.fusion.doubts import SURE
from napari_mfif.simulation import KINDS, Simulation, simulate

FIRST_SEED = 7000
NOISES = ("low", "mid", "high")
#: Kinds with which causes of doubt are shown.
USUAL = ("relief", "steps", "occlusion", "fluorescence", "tissue")
SHAPE = (192, 192)

Stack = tuple[ZStack, np.ndarray, np.ndarray]


def usual(seed: int) -> Iterator[Stack]:
    """Yield stacks of all kinds."""
    yield from (_told(_made(kind, seed)) for kind in KINDS)


def inverting(seed: int) -> Iterator[Stack]:
    """Yield transparent cells in bright field."""
    yield from (_told(_made("phase", seed + 1000 * n)) for n in range(len(USUAL)))


def beyond(seed: int) -> Iterator[Stack]:
    """Yield stacks that end before what they show does."""
    for kind in USUAL:
        made = _made(kind, seed, more=8)
        planes = np.asarray(made.stack.pixels)
        first, last = (len(planes) // 3, len(planes)) if seed % 2 else (0, 2 * len(planes) // 3)
        cut = replace(made.stack, pixels=planes[first:last])
        yield cut, made.depth - first, made.textured


def alike(seed: int) -> Iterator[Stack]:
    """Yield planes that lie too near one another to differ."""
    yield from (_told(_made(kind, seed, slope=0.03)) for kind in USUAL)


def few(seed: int) -> Iterator[Stack]:
    """Yield stacks of three to five planes."""
    yield from (_told(_made(kind, seed, planes=3 + seed % 3)) for kind in USUAL)


def coded(seed: int) -> Iterator[Stack]:
    """Yield planes that went through JPEG, of quality 60."""
    how = [cv2.IMWRITE_JPEG_QUALITY, 60]
    yield from _changed(seed, lambda p: cv2.imdecode(cv2.imencode(".jpg", p, how)[1], -1))


def saturated(seed: int) -> Iterator[Stack]:
    """Yield planes exposed three times as long as the camera can bear."""
    yield from (_told(_made(kind, seed, dtype="uint8", overexposure=3.0)) for kind in USUAL)


def striped(seed: int) -> Iterator[Stack]:
    """Yield planes with a fixed pattern of stripes, of 1.5 % of the range."""
    stripes = np.random.default_rng(seed).normal(0, 4, (SHAPE[0], 1))
    yield from _changed(seed, lambda plane: np.clip(plane + stripes, 0, 255))


CASES: dict[str, Callable[[int], Iterator[Stack]]] = {
    "usual": usual,
    "contrast inverts": inverting,
    "ground out of range": beyond,
    "planes look alike": alike,
    "few planes": few,
    "JPEG": coded,
    "saturated": saturated,
    "stripes": striped,
}


def _made(
    kind: str,
    seed: int,
    *,
    more: int = 0,
    planes: int = 0,
    slope: float | None = None,
    dtype="uint16",
    overexposure: float = 1.0,
) -> Simulation:
    drawn = int(np.random.default_rng(seed).integers(8, 28))
    return simulate(
        kind,
        seed=seed,
        planes=planes or drawn + more,
        photons=NOISES[seed % 3],
        shape=SHAPE,
        slope=slope,
        dtype=dtype,
        overexposure=overexposure,
    )


def _told(made: Simulation) -> Stack:
    return made.stack, made.depth, made.textured


def _changed(seed: int, change: Callable[[np.ndarray], np.ndarray]) -> Iterator[Stack]:
    for kind in USUAL:
        made = _made(kind, seed, dtype="uint8")
        planes = [
            np.rint(change(plane)).astype(np.uint8) for plane in np.asarray(made.stack.pixels)
        ]
        yield replace(made.stack, pixels=np.stack(planes)), made.depth, made.textured


def judged(method: str, case: str, seeds: range) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of all pixels that have texture, and which of them are right."""
    confidence, right = [], []
    for seed in seeds:
        for stack, depth, textured in CASES[case](seed):
            fusion = fuse(stack, method=method)
            confidence.append(fusion.confidence[textured])
            right.append(np.abs(fusion.depth - depth)[textured] <= 1)
    return np.concatenate(confidence), np.concatenate(right)


def error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the mean distance between confidence and share right, in tenths of the confidence."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    count = np.bincount(bins, minlength=10)
    off = np.bincount(bins, confidence, 10) - np.bincount(bins, right, 10)
    return float(np.abs(off).sum() / count.sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", default=methods.names())
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cases", nargs="*", default=list(CASES))
    given = parser.parse_args()
    print("| case | method | right | confidence | its error | decided | right of these |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for case in given.cases:
        for method in given.methods:
            confidence, right = judged(method, case, range(FIRST_SEED, FIRST_SEED + given.seeds))
            sure = confidence >= SURE
            among = f"{right[sure].mean():.3f}" if sure.any() else "-"
            print(
                f"| {case} | {method} | {right.mean():.3f} | {confidence.mean():.3f} "
                f"| {error(confidence, right):.3f} | {sure.mean():.3f} | {among} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
