"""From a scene to a z-stack: focus through it, photograph every plane, keep the truth."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.errors import ParameterError
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.simulation.camera import Camera
from napari_mfif.simulation.lens import PSFS, all_in_focus, photograph
from napari_mfif.simulation.motion import course, excursion, moved
from napari_mfif.simulation.scenes import (
    DOUBTFUL,
    KINDS,
    SCENES,
    Scene,
    Stage,
    local_contrast,
    true_depth,
)

__all__ = ["Lens", "Shoot", "Simulation", "brightness_gains", "choose_lens", "heat", "simulate"]

Float = NDArray[np.float32]
# The scene goes on outside the picture: so many pixels, of which planes may move by so many.
_MARGIN, _ROOM = 12, 9


@dataclass(frozen=True)
class Simulation:
    """A simulated z-stack and the truth about it.

    Parameters
    ----------
    stack : ZStack
        Axes ``ZYX`` or, in colour, ``ZYXS``.
    image : float32, (Y, X) or (Y, X, 3)
        The all-in-focus image without noise, in the units of the stack.
    depth : float32, (Y, X)
        The plane, with fractions, in which each pixel is sharp.
    textured : bool, (Y, X)
        Where the depth can be told: one object, and detail well above the noise.
    kind, seed, slope, psf
        What made it; `slope` is in pixels of blur radius per plane.
    transforms : float64, (Z, 2, 3)
        A matrix per plane that maps (x, y, 1) of the truth to x, y of the plane.
    """

    stack: ZStack
    image: Float
    depth: Float
    textured: NDArray[np.bool_]
    kind: str
    seed: int
    slope: float
    psf: str
    transforms: NDArray[np.float64]


def simulate(
    kind: str,
    *,
    seed: int = 0,
    shape: tuple[int, int] = (256, 256),
    planes: int = 20,
    photons: str | float | None = "low",
    dtype: DTypeLike = "uint16",
    slope: float | None = None,
    psf: str | None = None,
    drift: float = 0.0,
    magnification_drift: float = 0.0,
    rotation: float = 0.0,
    brightness_drift: float = 0.0,
    hot_pixels: int = 0,
    stuck_pixels: int = 0,
    overexposure: float = 1.0,
) -> Simulation:
    """Simulate a z-stack whose all-in-focus image and depth are known.

    Parameters
    ----------
    kind : str
        One of `KINDS` or `DOUBTFUL`.
    seed : int
        The same seed gives the same stack; the scene does not depend on the noise.
    shape : (int, int)
        Rows and columns.
    planes : int
        Number of planes.
    photons : {"low", "mid", "high"}, float or None
        Level of noise (low: 5000 photons at white, mid: 400, high: 60 to 100), or the photons at
        white, or None for no noise.
    dtype : numpy dtype
        uint8, uint16 (12 or 16 bits, by seed) or float32; integers have a black offset.
    slope : float, optional
        Pixels of blur radius per plane of distance; 0.5 to 2 by seed when not given, less
        where there are many planes.
    psf : {"disc", "gaussian"}, optional
        Shape of the blur; by seed when not given.
    drift : float
        Lateral drift over the whole stack in pixels; the truth lies in the middle plane. The
        scene is the same with and without, up to corners that move by 9 pixels.
    magnification_drift : float
        Change of the magnification over the whole stack as a share.
    rotation : float
        Rotation over the whole stack in degrees.
    brightness_drift : float
        Change of brightness along z as a share; its median over the planes is 1.
    hot_pixels : int
        Single bright pixels, each in one plane only.
    stuck_pixels : int
        Pixels that are bright in all planes.
    overexposure : float
        How many times longer the planes are exposed than usual: from about 1.2 on the brightest
        detail saturates. Depth and texture are those of the scene, also where none is recorded.

    Returns
    -------
    Simulation

    Raises
    ------
    ParameterError
        A name is unknown or a number is not possible.
    """
    _check_names(kind, psf)
    _check_numbers(shape=min(shape), planes=planes, slope=slope or 0.0, seed=seed)
    seeds = np.random.SeedSequence([seed, zlib.crc32(kind.encode())]).spawn(4)
    for_scene, for_lens, for_camera, for_faults = (np.random.default_rng(s) for s in seeds)
    lens = choose_lens(for_lens, planes, slope, psf)
    camera = Camera.choose(for_camera, dtype, photons)
    motion = course(
        for_faults,
        planes,
        shape,
        drift=drift,
        magnification=magnification_drift,
        rotation=rotation,
    )
    margin = _MARGIN + max(0, int(np.ceil(excursion(motion, shape))) - _ROOM)
    canvas = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    stage = Stage(for_scene, canvas, planes, 3 if kind == "colour" else 1)
    shoot = Shoot(SCENES[kind](stage), lens, camera, planes, shape, overexposure)
    gains = brightness_gains(for_faults, planes, brightness_drift)
    pixels = np.stack([shoot.plane(for_camera, z, gains[z], motion[z]) for z in range(planes)])
    heat(for_faults, pixels, camera, hot_pixels, stuck_pixels)
    image, depth, textured = shoot.truth()
    if kind != "colour":
        pixels, image = pixels[..., 0], image[..., 0]
    stack = ZStack(
        pixels,
        "ZYXS" if kind == "colour" else "ZYX",
        name=f"{kind} {seed}",
        z_step=round(lens.slope * lens.pixel_size / lens.aperture, 4) or None,
        pixel_size=(lens.pixel_size, lens.pixel_size),
        unit="um",
    )
    return Simulation(stack, image, depth, textured, kind, seed, lens.slope, lens.psf, motion)


@dataclass(frozen=True)
class Lens:
    """A lens, how bright it images the scene, and how the stage moves."""

    slope: float  # pixels of blur radius per plane of distance
    psf: str
    softness: float  # sigma of the focused image of a point, in pixels
    exposure: float  # what the brightest detail fills of full light
    backwards: bool  # whether the stage moved the other way
    pixel_size: float
    aperture: float  # tangent of the half angle of the cone of light


def choose_lens(
    rng: np.random.Generator, planes: int, slope: float | None, psf: str | None
) -> Lens:
    """Pick a lens; `slope` and `psf` are its own where they are given."""
    steepest = float(np.clip(28 / max(planes - 1, 1), 0.6, 2))
    drawn = float(np.exp(rng.uniform(np.log(0.5), np.log(steepest))))
    shape = str(rng.choice(PSFS))
    return Lens(
        slope=drawn if slope is None else float(slope),
        psf=shape if psf is None else psf,
        softness=float(rng.uniform(0.45, 0.85)),
        exposure=float(rng.uniform(0.75, 1.0)),
        backwards=bool(rng.integers(2)),
        pixel_size=float(rng.choice([0.11, 0.16, 0.325, 0.65])),
        aperture=float(rng.uniform(0.3, 1.1)),
    )


class Shoot:
    """One scene before one lens and camera."""

    def __init__(
        self,
        scene: Scene,
        lens: Lens,
        camera: Camera,
        planes: int,
        shape: tuple[int, int],
        overexposure: float = 1.0,
    ) -> None:
        self.scene, self.lens, self.camera = scene, lens, camera
        self.planes = planes
        edge = (scene.ground.shape[0] - shape[0]) // 2
        self.window = (slice(edge, edge + shape[0]), slice(edge, edge + shape[1]))
        self.sharp = self.soften(all_in_focus(scene.ground, scene.layers))
        self.exposure = overexposure * lens.exposure / float(np.percentile(self.sharp, 99.9))

    def soften(self, light: Float) -> Float:
        """Return light as the lens images it in focus."""
        return with_samples(cv2.GaussianBlur(light, (0, 0), self.lens.softness))

    def truth(self) -> tuple[Float, Float, NDArray[np.bool_]]:
        """Return the image in the camera's units, the depth and where it can be told."""
        light = (self.sharp * self.exposure)[self.window]
        depth, single = true_depth(self.scene.layers)
        depth, single = depth[self.window], single[self.window]
        grey = np.asarray(light.mean(2))
        level = cv2.GaussianBlur(grey, (0, 0), 3)
        noise = self.camera.deviation(level) / np.sqrt(light.shape[2])
        contrast = local_contrast(self._beside_focus()[self.window] * self.exposure)
        textured = single & (contrast > np.maximum(0.5 * noise, 0.004))
        depth = self.planes - 1 - depth if self.lens.backwards else depth
        image = np.minimum(self.camera.values(light), np.float32(self.camera.largest))
        return image, np.ascontiguousarray(depth, np.float32), textured

    def _beside_focus(self) -> Float:
        """Return the sharp image with what is seen of a refracting layer a pixel out of focus."""
        light = self.sharp
        for layer in self.scene.layers:
            if layer.mode == "refract":
                light = light * (1 + self.soften(layer.light))
        return light

    def plane(
        self, rng: np.random.Generator, z: int, gain: float, motion: NDArray[np.float64]
    ) -> NDArray[Any]:
        """Photograph one plane: (Y, X, S) in the camera's type."""
        depth = self.planes - 1 - z if self.lens.backwards else z
        seen = photograph(
            self.scene.ground,
            self.scene.layers,
            depth,
            slope=self.lens.slope,
            psf=self.lens.psf,
        )
        seen = self.soften(seen)
        if not np.array_equal(motion, np.eye(2, 3)):
            seen = with_samples(moved(seen, motion, self.window[0].start))
        light = seen[self.window] * (self.exposure * gain)
        return self.camera.digitise(self.camera.expose(rng, light))


def with_samples(light: NDArray[Any]) -> Float:
    return light if light.ndim == 3 else light[..., None]


def brightness_gains(rng: np.random.Generator, planes: int, share: float) -> NDArray[Any]:
    """Return gains of median 1 that fall, rise or swing by `share`."""
    t = np.linspace(0, 1, planes)
    course = (t, 1 - t, np.exp(-2 * t) / (1 - np.exp(-2)), 0.5 + 0.5 * np.sin(2 * np.pi * t))
    gains = 1 + share * course[rng.integers(len(course))]
    return np.asarray(gains / np.median(gains))


def heat(
    rng: np.random.Generator, pixels: NDArray[Any], camera: Camera, hot: int, stuck: int
) -> None:
    """Make pixels hot in place: `hot` in one plane each, `stuck` in all planes."""
    planes, rows, columns = pixels.shape[:3]
    for count, places in ((hot, planes * rows * columns), (stuck, rows * columns)):
        if not 0 <= count <= places:
            raise ParameterError(f"{count} hot pixels are not possible: 0 to {places}.")
        at = rng.choice(places, count, replace=False)
        light = rng.uniform(0.9, 1.1, (count, 1))
        heat = camera.digitise(light)
        if places == rows * columns:
            pixels.reshape(planes, places, -1)[:, at] = heat
        else:
            pixels.reshape(places, -1)[at] = heat


def _check_names(kind: str, psf: str | None) -> None:
    known = {**KINDS, **DOUBTFUL}
    if kind not in known:
        raise ParameterError(unknown_name("kind of simulated stack", kind, known))
    if psf is not None and psf not in PSFS:
        raise ParameterError(unknown_name("psf", psf, dict.fromkeys(PSFS)))


def _check_numbers(**numbers: float) -> None:
    for name, least in {"shape": 16, "planes": 1, "slope": 0, "seed": 0}.items():
        if not numbers[name] >= least:
            raise ParameterError(f"{name}={numbers[name]} is not possible: at least {least}.")
