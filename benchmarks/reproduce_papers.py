"""What the papers show of their own methods besides scores: order of the planes, and epsilon.

*Commutativity* (CNN, section 4.2.1): every pair of Lytro fused in both orders. *Random order*
(FD-FCN, section 4.3): z-stacks fused one plane after the other, in the order of the planes and
shuffled. *Epsilon* (FD-FCN, section 4.2.1 and figure 4): radius and epsilon of the guided filter,
by the mean squared error of the decision map, of pairs whose truth is known. *Full form* (CNN):
what a briefly trained network of both fully-connected layers makes of the order of its planes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.boundaries import photographs
from benchmarks.reproduce_lytro import found, read
from napari_mfif import Fusion, fuse, methods
from napari_mfif.metrics import truth
from napari_mfif.settings.consistency import OFF
from napari_mfif.simulation import KINDS, simulate

__all__ = ["EPSILONS", "RADII", "commutativity", "epsilon", "full_form", "networks", "random_order"]

#: Of the z-stacks that are shuffled, and of the shuffling.
STACK_SEED, ORDERS = 110, (0, 1, 2)
#: Of the brief training of the full form of `cnn`: batches, and crops it is looked at on.
FULL_STEPS, FULL_CROPS = 150, 40
#: What is tried of the guided filter; the paper chooses 8 and .32.
RADII, EPSILONS = (4, 8, 16), (0.01, 0.1, 0.32, 1.0)


def networks() -> list[str]:
    """Return the names of the published networks."""
    return [name for name in methods.names() if methods.get(name).neural]


def commutativity(method: str, folder: Path) -> dict[str, float]:
    """Return what the order of two planes changes, over all pairs.

    Returns
    -------
    dict of float
        ``sum``, ``sum_deviation``: mean and standard deviation over the pairs of the mean sum of
        both focus maps, which is 1 where the order does not matter; ``alike``,
        ``alike_deviation``: the same of the structural similarity of both images; ``differ``: share
        of pixels taken from another plane.
    """
    sums, alike, differ = [], [], []
    for path in found(folder):
        pair = np.stack(read(path))
        one, other = (
            fuse(planes, method=method, weights="published", device="cpu")
            for planes in (pair, np.ascontiguousarray(pair[::-1]))
        )
        sums.append(float(np.mean(_focus(one) + _focus(other))))
        alike.append(truth.ssim(one.image, other.image))
        differ.append(float(np.mean(one.decision == other.decision)))
    return {
        "sum": float(np.mean(sums)),
        "sum_deviation": float(np.std(sums)),
        "alike": float(np.mean(alike)),
        "alike_deviation": float(np.std(alike)),
        "differ": float(np.mean(differ)),
    }


def _focus(fusion: Fusion) -> NDArray[Any]:
    focus = fusion.focus_map
    assert focus is not None
    return np.asarray(focus)


def full_form(folder: Path) -> dict[str, float]:
    """Return what the order of two planes changes for the full form of `cnn`, trained briefly.

    Returns
    -------
    dict of float
        ``steps``; ``right``: share of held-back patches ordered right; ``sum``, ``sum_deviation``:
        as for `commutativity`, over crops; ``same``: share of patches that the collapsed form
        decides alike.
    """
    import torch

    from napari_mfif.networks.cnn import FullCnn, collapse
    from napari_mfif.training.cnn import Pairs
    from napari_mfif.training.data import crop, read_pictures
    from napari_mfif.training.loop import take_step
    from napari_mfif.training.pairs import gaussian
    from napari_mfif.training.plan import Plan

    torch.manual_seed(0)
    pictures, network = read_pictures(folder, seed=0), FullCnn()
    plan, loss = Plan(FULL_STEPS, rate=3e-4), Pairs(pictures.train, crops=8, size=24)
    optimiser = plan.optimiser_of(network)
    for step in range(plan.steps):
        take_step(network, optimiser, loss, plan, step)
    single, rng = collapse(network.eval()), np.random.default_rng(1)
    right, sums, same = [], [], []
    for number in range(FULL_CROPS):
        square = crop(rng, pictures.held_back[number % len(pictures.held_back)], 64)
        sharp, soft = (
            torch.from_numpy(plane[None, None] / 255 - 0.5)
            for plane in (square, gaussian(2)(square))
        )
        with torch.no_grad():
            forth, back = network.compare(sharp, soft), network.compare(soft, sharp)
            one = single.compare(sharp, soft)
        right.append(float((forth > 0.5).float().mean()))
        sums.append(float((forth + back).mean()))
        same.append(float(((forth > 0.5) == (one > 0.5)).float().mean()))
    means = {"right": np.mean(right), "sum": np.mean(sums), "same": np.mean(same)}
    values = means | {"sum_deviation": np.std(sums), "steps": plan.steps}
    return {name: round(float(value), 6) for name, value in values.items()}


def random_order(method: str) -> dict[str, float]:
    """Return what the order of planes changes in sequences, over simulated z-stacks.

    Returns
    -------
    dict of float
        ``given``, ``shuffled``: mean PSNR; ``differ``: share of pixels taken from another plane.
    """
    given, shuffled, differ = [], [], []
    how: dict[str, Any] = {"method": method, "along": "sequential", "weights": "published"}
    how |= {"axes": "ZYX", "consistency": OFF}  # verification knows which planes are neighbours
    for kind in KINDS:
        made = simulate(kind, seed=STACK_SEED, shape=(128, 128), planes=8, photons="low")
        planes = np.asarray(made.stack.pixels)
        if planes.ndim == 4:
            continue  # colours would need another name of the axes; seven kinds are enough
        first = fuse(planes, **how)
        given.append(truth.psnr(first.image, made.image))
        for seed in ORDERS:
            order = np.random.default_rng(seed).permutation(len(planes))
            other = fuse(np.ascontiguousarray(planes[order]), **how)
            shuffled.append(truth.psnr(other.image, made.image))
            differ.append(float(np.mean(order[other.decision] != first.decision)))
    values = {"given": given, "shuffled": shuffled, "differ": differ}
    return {name: round(float(np.mean(value)), 4) for name, value in values.items()}


def epsilon(folder: Path) -> dict[str, float]:
    """Return the mean squared error of decision maps by ``"radius epsilon"``, and ``"none"``."""
    pairs = list(photographs(folder))
    filters: dict[str, dict[str, Any]] = {"none": {"guided_radius": 0}}
    filters |= {
        f"{radius} {value:g}": {"guided_radius": radius, "guided_epsilon": value}
        for radius in RADII
        for value in EPSILONS
    }
    return {
        name: round(
            float(
                np.mean(
                    [
                        (fuse(p, method="fd-fcn", consistency=how).decision == 1) != second
                        for p, second, _ in pairs
                    ]
                )
            ),
            5,
        )
        for name, how in filters.items()
    }
