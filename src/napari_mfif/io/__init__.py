"""Reading z-stacks and writing results."""

from napari_mfif.io.read import open_stack

__all__ = ["open_stack"]
