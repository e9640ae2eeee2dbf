"""``napari-mfif simulate``: a z-stack whose truth is known."""

from __future__ import annotations

import argparse
from typing import Any

from napari_mfif.errors import ParameterError

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "simulate", help="make a z-stack whose sharp image and depth are known"
    )
    parser.add_argument("kind", help="relief, steps, occlusion, fluorescence, weak, halo, ...")
    parser.add_argument("-o", "--output", required=True, help="the z-stack, .ome.tif")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=512, help="rows and columns")
    parser.add_argument("--planes", type=int, default=20)
    parser.add_argument("--photons", default="low", help="low or high noise, or photons at white")
    parser.add_argument("--truth", metavar="PATH", help="write the sharp image, TIFF")
    parser.add_argument("--depth", metavar="PATH", help="write the true plane index, TIFF")
    parser.add_argument("--overwrite", action="store_true")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Make a z-stack and its truth."""
    import numpy as np

    from napari_mfif.io import write_image
    from napari_mfif.simulation import simulate

    words = ("low", "mid", "high")
    try:
        photons = given.photons if given.photons in words else float(given.photons)
    except ValueError:
        raise ParameterError(
            f"--photons {given.photons} is not possible: {', '.join(words)} or a number."
        ) from None
    made = simulate(
        given.kind,
        seed=given.seed,
        shape=(given.size, given.size),
        planes=given.planes,
        photons=photons,
    )
    stack = made.stack
    sizes = {"pixel_size": stack.pixel_size, "unit": stack.unit, "overwrite": given.overwrite}
    pixels = np.asarray(stack.pixels)
    write_image(given.output, pixels, axes=stack.axes, z_step=stack.z_step, **sizes)
    if given.truth:
        write_image(given.truth, made.image, axes=stack.axes.replace("Z", ""), **sizes)
    if given.depth:
        write_image(given.depth, made.depth, axes="YX", **sizes)
    print(f"{given.output}: {stack.describe()}, {given.kind}, seed {given.seed}")
    return 0
