"""Sample z-stacks, simulated on the spot: nothing is downloaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from napari_mfif.plugin.reader import layers_of
from napari_mfif.stack import ZStack

__all__ = ["SAMPLES", "bristles", "fluorescence", "make_sample", "relief"]

#: Names of the samples: the kind of scene, its seed, and what it shows.
SAMPLES = {
    "relief": ("relief", 3, "A rough surface with hills"),
    "bristles": ("occlusion", 5, "Hairs that cross in front of a surface"),
    "fluorescence": ("fluorescence", 7, "Beads and filaments in the dark"),
}

SHAPE = (512, 512)
PLANES = 24


def make_sample(name: str) -> ZStack:
    """Simulate one of `SAMPLES`."""
    from napari_mfif.optics import simulate

    kind, seed, _ = SAMPLES[name]
    stack = simulate(kind, seed=seed, shape=SHAPE, planes=PLANES, photons="mid").stack
    return replace(stack, name=name)


def relief() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of a rough surface with hills."""
    return layers_of(make_sample("relief"))


def bristles() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of hairs that cross in front of a surface."""
    return layers_of(make_sample("bristles"))


def fluorescence() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of beads and filaments in the dark."""
    return layers_of(make_sample("fluorescence"))
