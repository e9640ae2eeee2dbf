"""Simulated z-stacks to learn refinement from, and the examples made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.methods.adaptive.evidence import evidence_of
from napari_mfif.methods.adaptive.method import Adaptive
from napari_mfif.methods.adaptive.refinement import features, unshuffled
from napari_mfif.methods.base import Region
from napari_mfif.settings.parameters import resolve
from napari_mfif.simulation.camera import Camera
from napari_mfif.simulation.lens import photograph
from napari_mfif.simulation.motion import course
from napari_mfif.simulation.scenes import Scene, Stage
from napari_mfif.simulation.simulate import Shoot, brightness_gains, choose_lens, heat
from napari_mfif.training.refinement_scenes import KINDS, PhotoStage

__all__ = ["Example", "Faults", "draw_example", "draw_shoot", "draw_stack", "example"]

Float = NDArray[np.float32]

#: Side of the stacks; so many pixels of the scene lie about them.
SIDE, MARGIN = 192, 12
#: Ranges of planes and of photons at white, both drawn evenly in their logarithms; so many stacks
#: have no noise, and half of these real numbers.
PLANES, PHOTONS, NOISELESS, REAL = (2, 60), (40, 30000), 0.03, 0.5
#: To learn pixels from, so many more stacks have little noise, where most is left to gain, or none.
BRIGHT, BRIGHT_PHOTONS, WITHOUT = 0.33, (1500, 30000), 0.06
#: Pixels of blur radius from the first plane to the last at most, and from one to the next.
BLUR = (26.0, 2.5)
#: Share of the stacks with 8 bits, and of those that went through JPEG.
EIGHT_BITS, JPEG = 0.2, 0.5
#: Share of the stacks in which surfaces may show photographs, and of their surfaces.
PHOTOGRAPHED, SURFACES = 0.6, 0.45


@dataclass(frozen=True)
class Faults:
    """What a stack suffers from besides noise."""

    drift: float = 0.0
    magnification: float = 0.0
    brightness: float = 0.0
    overexposed: float = 1.0
    hot_pixels: int = 0
    stuck_pixels: int = 0
    jpeg: int = 0

    @classmethod
    def draw(cls, rng: np.random.Generator, dtype: str) -> Faults:
        """Draw faults; most stacks have none or one."""
        moved, flickers, bright, hot = rng.random(4) < (0.25, 0.15, 0.1, 0.2)
        coded = dtype == "uint8" and rng.random() < JPEG
        return cls(
            drift=float(rng.uniform(0, 1.5)) if moved else 0.0,
            magnification=float(rng.uniform(-0.003, 0.003)) if moved else 0.0,
            brightness=float(rng.uniform(-0.15, 0.15)) if flickers else 0.0,
            overexposed=float(rng.uniform(1.05, 1.8)) if bright else 1.0,
            hot_pixels=int(rng.integers(1, 200)) if hot else 0,
            stuck_pixels=int(rng.integers(0, 8)) if hot else 0,
            jpeg=int(rng.integers(70, 97)) if coded else 0,
        )


@dataclass(frozen=True)
class Example:
    """What the network sees of a stack, and the truth, all at half the size, (4, Y / 2, X / 2).

    Parameters
    ----------
    seen : float16, (channels, Y / 2, X / 2)
        See `napari_mfif.methods.adaptive.refinement.Seen`, as the next two.
    contrast : float32, (1, Y / 2, X / 2)
        What residuals are in units of.
    apart : float16, (4 `TOWARDS`, Y / 2, X / 2)
        What shares are of.
    fused, truth : float32
        Images that an answer is applied to and compared with.
    lowest, highest : float32
        What the planes have thereabouts.
    kind : str
        Kind of the scene.
    """

    seen: NDArray[np.float16]
    contrast: Float
    apart: NDArray[np.float16]
    fused: Float
    truth: Float
    lowest: Float
    highest: Float
    kind: str


def draw_example(rng: np.random.Generator, photographs: Sequence[Float]) -> Example:
    """Draw a scene, a camera and faults; make the stack, fuse it, and keep what is needed."""
    photons = BRIGHT_PHOTONS if rng.random() < BRIGHT else PHOTONS
    shoot, pixels, kind = draw_stack(rng, photographs, photons=photons, without=WITHOUT)
    return example(pixels, _recordable(shoot), kind, rng)


def draw_stack(
    rng: np.random.Generator, photographs: Sequence[Float], **given: Any
) -> tuple[Shoot, NDArray[Any], str]:
    """Draw a scene before a lens and a camera, (Z, Y, X, S), and name the scene's kind.

    What is given is for `draw_shoot`. All at white without noise is no stack: another is drawn.
    """
    while True:
        shoot, faults, kind = draw_shoot(rng, photographs, **given)
        pixels = photographed(rng, shoot, faults)
        if pixels.min() < pixels.max():
            return shoot, pixels, kind


def draw_shoot(
    rng: np.random.Generator,
    photographs: Sequence[Float],
    *,
    kinds: Mapping[str, tuple[Callable[[Stage], Scene], float]] = KINDS,
    photons: tuple[float, float] = PHOTONS,
    without: float = NOISELESS,
    planes: tuple[float, float] = PLANES,
    blur: tuple[float, float] = BLUR,
) -> tuple[Shoot, Faults, str]:
    """Draw a scene before a lens and a camera, what goes wrong, and name the scene's kind."""
    kind = str(rng.choice(list(kinds), p=[share for _, share in kinds.values()]))
    count = round(float(np.exp(rng.uniform(*np.log(planes)))))
    noiseless = rng.random() < without
    white = None if noiseless else float(np.exp(rng.uniform(*np.log(photons))))
    dtype = "uint8" if rng.random() < EIGHT_BITS else "uint16"
    if noiseless and rng.random() < REAL:
        dtype = "float32"
    steepest = float(np.clip(blur[0] / count, 0.5, blur[1]))
    slope = None if rng.random() < 0.5 else float(np.exp(rng.uniform(*np.log([0.25, steepest]))))
    lens = choose_lens(rng, count, slope, None)
    faults = Faults.draw(rng, dtype)
    lens = replace(lens, exposure=lens.exposure * faults.overexposed)
    camera = Camera.choose(rng, dtype, white)
    canvas = (SIDE + 2 * MARGIN, SIDE + 2 * MARGIN)
    share = SURFACES if len(photographs) and rng.random() < PHOTOGRAPHED else 0.0
    stage = PhotoStage(rng, canvas, count, 3 if kind == "colour" else 1, photographs, share)
    return Shoot(kinds[kind][0](stage), lens, camera, count, (SIDE, SIDE)), faults, kind


def photographed(rng: np.random.Generator, shoot: Shoot, faults: Faults) -> NDArray[Any]:
    """Return the planes, (Z, Y, X, S)."""
    motion = course(
        rng, shoot.planes, (SIDE, SIDE), drift=faults.drift, magnification=faults.magnification
    )
    gains = brightness_gains(rng, shoot.planes, faults.brightness)
    planes = [shoot.plane(rng, z, gains[z], motion[z]) for z in range(shoot.planes)]
    pixels = np.stack(planes)
    heat(rng, pixels, shoot.camera, faults.hot_pixels, faults.stuck_pixels)
    if faults.jpeg:
        pixels = np.stack([_through_jpeg(plane, faults.jpeg) for plane in pixels])
    return pixels


def _through_jpeg(plane: NDArray[Any], quality: int) -> NDArray[Any]:
    coded = cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED)).reshape(plane.shape)


def _recordable(shoot: Shoot) -> Float:
    """Return the image without noise, each point as sharp as the stack can have it.

    What lies beyond the stack is sharp in no plane, and shall not become so.
    """
    last = shoot.planes - 1
    layers = [
        replace(layer, depth=np.abs(layer.depth - np.clip(layer.depth, 0, last)))
        for layer in shoot.scene.layers
    ]
    lens = shoot.lens
    light = photograph(shoot.scene.ground, layers, 0.0, slope=lens.slope, psf=lens.psf)
    values = shoot.camera.values(shoot.soften(light)[shoot.window] * shoot.exposure)
    return np.minimum(values, np.float32(shoot.camera.largest))


def example(pixels: NDArray[Any], truth: Float, kind: str, rng: np.random.Generator) -> Example:
    """Fuse a stack, (Z, Y, X, S), and return what the network sees of one of its bands."""
    colour = pixels.shape[-1] == 3
    stack = ZStack(pixels if colour else pixels[..., 0], "ZYXS" if colour else "ZYX")
    method = Adaptive()
    settings = resolve(method.all_parameters(), {}, owner=method.name)
    settings |= {"maps": False, "refinement": "network"}
    reader = PlaneReader(stack)
    survey, preparation = survey_stack(reader, None, settings, method.facts)
    state = method.begin(Region.whole(stack.plane_shape), settings, survey)
    for plane in reader.planes(preparation):
        method.update(state, plane)
    band = int(rng.integers(3)) if colour else 0
    evidence = evidence_of(state, method.fused(state))[band]
    seen = features(evidence)
    kernel = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(evidence.lowest, kernel), cv2.dilate(evidence.highest, kernel)
    wanted = (truth[..., band] - np.float32(survey.offset)) * np.float32(survey.gain)
    own = {"fused": evidence.fused, "truth": wanted}
    own |= {"lowest": low, "highest": high}
    maps = {k: unshuffled(np.ascontiguousarray(m, np.float32)) for k, m in own.items()}
    apart = seen.apart.reshape(-1, *seen.contrast.shape)
    return Example(
        seen=seen.maps.astype(np.float16), contrast=seen.contrast[None],
        apart=apart.astype(np.float16), kind=kind, **maps,
    )  # fmt: skip
