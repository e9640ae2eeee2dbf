"""The words on the card of `mfif-gan`."""

from __future__ import annotations

__all__ = ["HEAD", "TEXT"]

HEAD = {
    "paper": "Wang, Xu, Zhang et al. 2021, Signal Processing: Image Communication 96",
    "doi": "10.1016/j.image.2021.116295",
    "input": "two grey planes, 0 to 1, minus 0.5; axes Y X, padded to multiples of 4",
    "output": "focus map, 0 to 1: how probable it is that the first plane is in focus",
    "tile_halo": "the whole plane",
    "stride": 4,
}

TEXT = """
# mfif-gan: a focus map of two planes

The generator of MFIF-GAN: a shared encoder (7 x 7 convolution, two 3 x 3 ones with stride 2, nine
residual blocks with squeeze and excitation and batch norm), the maps of both planes side by side, a
decoder (two transposed convolutions, a 7 x 7 convolution, sigmoid). Grey planes go through the
encoder once each.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures.

{sources}
"""
