"""Correcting a result with the brush: napari's tools on its labels, strokes in its fusion."""
