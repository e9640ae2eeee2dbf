"""The words on the card of the refinement network."""

from __future__ import annotations

__all__ = ["DEPTH_HEAD", "DEPTH_TEXT", "HEAD", "TEXT"]

HEAD = {
    "input": "62 maps at half the size, see src/napari_mfif/methods/adaptive/refinement.py",
    "output": "residual and three shares for each pixel of a square: 16 maps at half the size",
    "tile_halo": 112,
    "stride": 8,
}

TEXT = """
# refinement: corrects what `adaptive` fused

A U-net of three levels (24, 32 and 48 maps) at half the size, on top of the fold of `adaptive`.
It sees differences in units of the local contrast, no pixel values: of the fused image, the
same without noise reduction, the same with the detail of the sharpest plane, the planes where the
depth score has its two highest peaks, the lowest, highest and mean value over the planes; how much
noise there is and was left; and how these peaks differ in height and in depth, from each other and
from what is near. It answers with a residual, and how far to go towards the image without noise
reduction and towards either peak's plane. What comes out is limited to what the planes have in the
3 x 3 pixels about each one.

## Training

By the command above, starting from {begin}, on simulated z-stacks of 192 x 192 pixels, each fused
by `adaptive`; crops of 128 x 128, eight to a batch, turned over at random. The stacks are made
beside the training and used as they come, so a second run is alike, not the same. Planes 2 to 60
and photons at white 40 to 30,000, both drawn evenly in their logarithms, a third of the stacks
from 1,500 photons on; 6 % without noise, half of these in real numbers; a fifth with 8 bits and
half of these through JPEG. Surfaces are drawn textures and, in 27 % of the cases, parts of
{files} sharp photographs. Scenes are those of `napari_mfif.simulation` with fresh numbers, and
clutter, ground beyond the stack, thin layers, points, and planes without any structure
(`napari_mfif.training.refinement_scenes`). A quarter have drift up to 1.5 pixels and 0.3 % of
magnification left in, others a lamp that flickers, saturation, or hot pixels.

The loss is the mean logarithm of the squared error over that of `adaptive`: every level of
noise counts alike. Held back are 60 stacks with photographs of other subjects ({back}).
`held_back_gain` is by how many decibels their PSNR rose in the mean, `held_back_least` in the
worst of them, `held_back_gain_KIND` in each kind; `training.jsonl` has their course.

{sources}

## Limits

An estimate: for photometry leave it out. Contrast that inverts through focus was not learnt.
Nothing tells the network apart what lies more than about 55 pixels of half size away.
"""

DEPTH_HEAD = {
    "input": "30 maps at half the size, see src/napari_mfif/methods/adaptive/depth_refinement.py",
    "output": "weights of four fillings, weights and shifts of nine depths, confidence: 39 maps",
    "tile_halo": 256,
    "stride": 16,
}

DEPTH_TEXT = """
# refinement, depth: corrects the height that `adaptive` finds, and says how sure it is

A U-net of four levels (20, 32, 40 and 48 maps) at half the size, on top of the fold of `adaptive`.
It never sees a depth, only how depths differ: five of them (the vote, the two highest peaks of the
score, the peaks of the energies of the two finest levels), scores, energies, and the fused image in
units of its contrast. It answers with weights for four fillings of places that tell nothing from
places that do, and with weights for all nine depths. The depth is the mean of those that agree with
the likeliest one; the confidence is the probability that it is right within one plane.

## Training

By the command above, on simulated z-stacks of 192 x 192 pixels as for the pixels
(`models/refinement/README.md`), with more of the kinds whose depth is hard to tell, a fifth of them
dim (40 to 1,500 photons at white), with transparent cells whose contrast inverts through focus and
with things before or behind all planes; eight to a batch, turned over and their direction of z
mirrored at random. The loss is minus the logarithm of how likely the true depth is among the nine,
the mean error, the share that is wrong by more than a plane, and the cross entropy of the
confidence; in all but the last stacks count the more the more of their depths `adaptive` has right,
so that there nothing is lost. Of scenes
whose things shine through each other only places with one thing count. Ground beyond the stack,
planes without structure and dark between things teach a confidence of 0.

Surfaces are drawn textures and parts of {files} sharp photographs. Held back are 60 stacks with
photographs of other subjects ({back}). `held_back_right` is the share of textured pixels right
within one plane (mean of stacks), `held_back_before` that of `adaptive` alone,
`held_back_right_KIND` that of each kind; `training.jsonl` has their course.

{sources}

## Limits

An estimate. Nothing tells the network apart what lies more than about 100 pixels of half size away.
Of fewer than four planes it is not asked.
"""
