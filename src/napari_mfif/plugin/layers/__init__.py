"""Between napari's layers and z-stacks, and from results to layers."""
