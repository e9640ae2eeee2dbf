"""Simulated z-stacks whose all-in-focus image and depth are known."""

from __future__ import annotations

from napari_mfif.simulation.scenes import KINDS
from napari_mfif.simulation.simulate import Simulation, simulate

__all__ = ["KINDS", "Simulation", "simulate"]
