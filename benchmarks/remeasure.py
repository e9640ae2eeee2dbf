"""Measure anew what the answers of shipped networks are worth on z-stacks; weights stay.

usage: python -m benchmarks.remeasure METHOD[/microscopy]...

Writes the facts into the file of weights and its new sha256 onto the card. For
networks whose folding along z has changed since they were trained.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import safetensors.numpy

from benchmarks.cards import trained
from napari_mfif.methods import registry
from napari_mfif.networks.weights import CARD, FILE, PUBLISHED
from napari_mfif.training.measured import measured

MODELS = Path(__file__).parents[1] / "models"


def main(names: list[str]) -> None:
    """Measure these."""
    recipes = dict(trained())
    for name in names:
        of, _, which = name.partition("/")
        method: Any = registry.get(of)
        network, facts = method.network.shipped(which or PUBLISHED)
        fresh, _ = measured(of, network, soft=recipes[MODELS / name].soft)
        rewrite(MODELS / name, facts | fresh)
        print(name, *(f"{fact}: {value}" for fact, value in fresh.items()), sep="\n", flush=True)


def rewrite(folder: Path, facts: dict[str, str]) -> None:
    """Write the same tensors with other facts, and their sha256 onto the card."""
    tensors = safetensors.numpy.load((folder / FILE).read_bytes())
    content = safetensors.numpy.save(tensors, facts)
    (folder / FILE).write_bytes(content)
    card = (folder / CARD).read_text(encoding="utf-8").splitlines(keepends=True)
    found = hashlib.sha256(content).hexdigest()
    lines = [f"sha256: {found}\n" if line.startswith("sha256:") else line for line in card]
    (folder / CARD).write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
