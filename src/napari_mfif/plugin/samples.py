"""Sample z-stacks, simulated on the spot: nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.plugin.reader import layers_of

__all__ = ["SAMPLES", "bristles", "fluorescence", "make_sample", "relief"]


@dataclass(frozen=True)
class Sample:
    """A scene to simulate, and what it shows."""

    kind: str
    seed: int
    about: str
    shape: tuple[int, int]
    planes: int


SAMPLES = {
    "relief": Sample("relief", 8, "A sheet of cells over hills and valleys", (512, 512), 18),
    "bristles": Sample("occlusion", 5, "Hairs that cross in front of a surface", (480, 512), 18),
    "fluorescence": Sample("fluorescence", 7, "Beads and filaments in the dark", (400, 400), 16),
}


def make_sample(name: str) -> ZStack:
    """Simulate one of `SAMPLES`."""
    from napari_mfif.simulation import simulate

    chosen = SAMPLES[name]
    made = simulate(
        chosen.kind,
        seed=chosen.seed,
        shape=chosen.shape,
        planes=chosen.planes,
        photons="mid",
    )
    return replace(made.stack, name=name)


def relief() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of a sheet of cells over hills and valleys."""
    return layers_of(make_sample("relief"))


def bristles() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of hairs that cross in front of a surface."""
    return layers_of(make_sample("bristles"))


def fluorescence() -> list[tuple[Any, dict[str, Any], str]]:
    """Return layer data of beads and filaments in the dark."""
    return layers_of(make_sample("fluorescence"))
