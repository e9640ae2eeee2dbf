"""``napari-mfif train``: train a network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from napari_mfif.settings.options import DEVICES
from napari_mfif.training import RECIPES
from napari_mfif.training.switches import SWITCHES, parsed

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser("train", help="train a network")
    parser.add_argument("method", help=", ".join(RECIPES))
    parser.add_argument(
        "--data",
        required=True,
        help="a folder of sharp images; masks of objects, if any, in its folder masks/",
    )
    parser.add_argument(
        "--recipe",
        default="published",
        help="published, or microscopy, which goes on with simulated z-stacks; depth for the "
        "network that refines heights",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"a switch of the published recipe: {_switches()}",
    )
    parser.add_argument(
        "--begin",
        help="weights to go on from, in place of the recipe's: published, microscopy or a folder",
    )
    parser.add_argument("--out", required=True, help="folder for weights and card")
    parser.add_argument("--steps", type=int, help="training steps in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default=DEVICES[0], choices=DEVICES)
    parser.add_argument("--fresh", action="store_true", help="start anew, do not resume")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Train a network."""
    from napari_mfif.training import train

    train(
        given.method,
        data=Path(given.data),
        out=Path(given.out),
        steps=given.steps,
        seed=given.seed,
        device=given.device,
        resume=not given.fresh,
        recipe=given.recipe,
        switches=parsed(given.method, given.recipe, given.set),
        begin=given.begin,
    )
    return 0


def _switches() -> str:
    """Return the names of all switches."""
    return "; ".join(
        f"{method}: {', '.join(switch.name for switch in switches)}"
        for method, switches in SWITCHES.items()
    )
