"""Reading z-stacks and writing results."""

from napari_mfif.io.read import open_stack
from napari_mfif.io.recipe_in_file import read_recipe
from napari_mfif.io.write import write_image

__all__ = ["open_stack", "read_recipe", "write_image"]
