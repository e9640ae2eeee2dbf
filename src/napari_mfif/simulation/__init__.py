"""Simulated z-stacks whose all-in-focus image and depth are known."""

from __future__ import annotations

from napari_mfif.simulation.scenes import DOUBTFUL, KINDS
from napari_mfif.simulation.simulate import Simulation, simulate

__all__ = ["DOUBTFUL", "KINDS", "Simulation", "simulate"]
