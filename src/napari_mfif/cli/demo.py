"""``napari-mfif demo``: the main job from end to end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo", help="simulate, fuse, judge by the truth, and draw an overview"
    )
    parser.add_argument("-o", "--output", default="out/demo", help="folder for the results")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Make the demonstration."""
    from napari_mfif.cli.demo_overview import run

    run(Path(given.output))
    return 0
