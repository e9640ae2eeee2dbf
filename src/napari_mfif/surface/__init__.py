"""What the heights of a fusion measure: profiles, roughness, steps, surfaces.

Examples
--------
>>> from napari_mfif import fuse, open_stack, surface
>>> fusion = fuse(open_stack("coin.ome.tif"))  # doctest: +SKIP
>>> surface.roughness(fusion).sq, surface.surface(fusion).save("coin.stl")  # doctest: +SKIP
"""

from napari_mfif.surface.heights import HeightMap, height_map
from napari_mfif.surface.mesh import Mesh, surface
from napari_mfif.surface.profile import Profile, profile
from napari_mfif.surface.roughness import Roughness, roughness
from napari_mfif.surface.step import Step, step_height

__all__ = [
    "HeightMap",
    "Mesh",
    "Profile",
    "Roughness",
    "Step",
    "height_map",
    "profile",
    "roughness",
    "step_height",
    "surface",
]
