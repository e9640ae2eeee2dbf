"""Simulated z-stacks to learn the refinement of depth from, and the examples made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.planes import PlaneReader
from napari_mfif.engine.survey import survey_stack
from napari_mfif.kernels.pyramid import down
from napari_mfif.methods.adaptive.depth_evidence import DepthEvidence, depth_evidence
from napari_mfif.methods.adaptive.depth_refinement import features
from napari_mfif.methods.adaptive.method import Adaptive
from napari_mfif.methods.adaptive.voting import voted
from napari_mfif.methods.base import Region
from napari_mfif.settings.parameters import resolve
from napari_mfif.simulation.scenes import SCENES, local_contrast
from napari_mfif.simulation.simulate import Shoot
from napari_mfif.training.refinement_scenes import KINDS, out_of_reach
from napari_mfif.training.refinement_stacks import PHOTONS, draw_stack

__all__ = ["DEPTH_KINDS", "DepthExample", "draw_depth_example"]

Float = NDArray[np.float32]
Mask = NDArray[np.bool_]

#: Share of each kind of scene: more of those whose depth is hard to tell than to learn pixels from.
SHARES = {
    "relief": 0.03, "steps": 0.16, "occlusion": 0.08, "fluorescence": 0.16, "weak": 0.08,
    "halo": 0.07, "tissue": 0.12, "colour": 0.08, "clutter": 0.05, "beyond": 0.03,
    "out of reach": 0.06, "thin layers": 0.04, "points": 0.02, "blank": 0.01, "phase": 0.01,
}  # fmt: skip
BUILDERS = {
    **{kind: build for kind, (build, _) in KINDS.items()},
    "out of reach": out_of_reach,
    "phase": SCENES["phase"],
}
DEPTH_KINDS = {kind: (BUILDERS[kind], share) for kind, share in SHARES.items()}
#: Share of the stacks that are dim, and their photons at white.
DIM, DIM_PHOTONS = 0.2, (40, 1500)
#: Range of planes: of fewer the network is not asked. Pixels of blur from the first to the last at
#: most, and a plane.
PLANES, WIDEST, STEEPEST = (4, 60), 48.0, 4.0
#: Kinds whose things shine through each other: what shows nothing has no depth there.
CLEAR = ("fluorescence", "tissue", "thin layers", "points", "phase")
#: Weight of pixels of a closed surface that has no texture there; in colour some are not closed.
PLAIN, PLAIN_COLOUR = 0.15, 0.05
#: Weight, for the confidence, of pixels where nothing can be told: less contrast than this share of
#: the noise and of the range, or so many planes beyond the stack.
NOTHING, LEAST_CONTRAST, BEYOND = 0.2, (0.15, 0.0015), 1.0
#: Pixels of half size along the border that do not count.
BORDER = 2


@dataclass(frozen=True)
class DepthExample:
    """What the network sees of a stack, and the truth, all at half the size.

    Depths are relative to the one voted for.

    Parameters
    ----------
    seen : float16, (channels, Y / 2, X / 2)
        See `napari_mfif.methods.adaptive.depth_refinement.Seen`, as the next two.
    depths, reference : float32
        What there is to choose from.
    true : float32, (1, Y / 2, X / 2)
        The true depth.
    weight, sure : float32, (1, Y / 2, X / 2)
        How much the depth counts, and the confidence, which shall be 0 where the first is 0.
    told : bool, (Y / 2, X / 2)
        Where there is texture to tell the depth by.
    kind : str
        Kind of the scene.
    """

    seen: NDArray[np.float16]
    depths: Float
    reference: Float
    true: Float
    weight: Float
    sure: Float
    told: Mask
    kind: str


def draw_depth_example(rng: np.random.Generator, photographs: Sequence[Float]) -> DepthExample:
    """Draw a scene, a camera and faults; make the stack, fold it, and keep what is needed."""
    photons = DIM_PHOTONS if rng.random() < DIM else PHOTONS
    shoot, pixels, kind = draw_stack(
        rng, photographs, kinds=DEPTH_KINDS, photons=photons, planes=PLANES,
        blur=(WIDEST, STEEPEST),
    )  # fmt: skip
    evidence = _evidence(pixels)
    seen = features(evidence)
    depth, weight, sure, told = _truth(shoot, kind)
    true = depth[::2, ::2] - evidence.depths[0]
    return DepthExample(
        seen=seen.maps.astype(np.float16),
        depths=seen.depths,
        reference=seen.reference[None],
        true=true[None],
        weight=_inner(weight[::2, ::2])[None],
        sure=_inner(sure[::2, ::2])[None],
        told=told[::2, ::2],
        kind=kind,
    )


def _truth(shoot: Shoot, kind: str) -> tuple[Float, Float, Float, Mask]:
    """Return the depth, how much it and the confidence count, and where it can be told."""
    _, depth, textured = shoot.truth()
    plain = 0.0 if kind in CLEAR else PLAIN_COLOUR if kind == "colour" else PLAIN
    weight = np.where(textured, 1, plain).astype(np.float32)
    beyond = (depth < -BEYOND) | (depth > shoot.planes - 1 + BEYOND) | (kind == "blank")
    weight[beyond] = 0
    nothing = beyond | (_empty(shoot) & (weight == 0) & (kind != "phase"))
    return depth, weight, weight + np.float32(NOTHING) * nothing, textured & ~beyond


def _empty(shoot: Shoot) -> Mask:
    """Return where there is nothing to see."""
    light = shoot.sharp[shoot.window] * shoot.exposure
    noise = shoot.camera.deviation(light.mean(2)) / np.sqrt(light.shape[2])
    of_noise, of_range = LEAST_CONTRAST
    return np.asarray(local_contrast(light) < np.maximum(of_noise * noise, of_range))


def _inner(weight: Float) -> Float:
    found = np.zeros_like(weight)
    inner = (slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    found[inner] = weight[inner]
    return found


def _evidence(pixels: NDArray[Any]) -> DepthEvidence:
    """Fold a stack, (Z, Y, X, S), and return what is known of its depth."""
    colour = pixels.shape[-1] == 3
    stack = ZStack(pixels if colour else pixels[..., 0], "ZYXS" if colour else "ZYX")
    method = Adaptive()
    settings = resolve(method.all_parameters(), {}, owner=method.name) | {"maps": True}
    reader = PlaneReader(stack)
    survey, preparation = survey_stack(reader, None, settings, method.facts)
    state = method.begin(Region.whole(stack.plane_shape), settings, survey)
    for plane in reader.planes(preparation):
        method.update(state, plane)
    assert state.depth is not None  # maps are asked for
    guide = down(method.fused(state)[0])
    told = state.depth.told()
    depth, votes = voted(told.peak, told.total, guide, settings["depth_window"])
    return depth_evidence(told, state.levels, depth, votes, guide)
