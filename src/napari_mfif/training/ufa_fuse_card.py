"""The words on the card of `ufa-fuse`."""

from __future__ import annotations

__all__ = ["HEAD", "TEXT"]

HEAD = {
    "paper": "Zang, Zhou, Wang, Nie, Guo 2021, IEEE Transactions on Instrumentation and "
    "Measurement 70",
    "input": "two grey planes, 0 to 1; axes Y X",
    "output": "the fused plane, and how much of the second plane is in it",
    "tile_halo": 14,
    "stride": 1,
}

TEXT = """
# ufa-fuse: a network that makes the fused pixels

The network of Zang et al. 2021 for grey planes, 32 maps per layer in place of 64: seven 3 x 3
convolutions per plane with shared weights, a channel and a spatial attention that weigh the two
planes against each other, a 1 x 1 convolution that joins them, and four 3 x 3 convolutions back to
pixels. **The pixels of a fused pair are made up by the network.** They are near those of the
planes, but they are no measured values: for measuring use a method that copies pixels.

Channels and colours are rebuilt one by one under the attention of the image that decides. The
channel attention averages features over the whole plane; the average is gathered first, in blocks.

Without it the spatial attention compares two numbers, one of either plane. So each plane of a
z-stack is judged once, all planes vote by these numbers, and pixels are the planes' own.
With `along="sequential"` planes are fused as in the paper, the result so far with the next, pixels
and all; the channel attention is left out there too (`channel_attention="always"` puts it in): the
result so far is sharp in more places than the next plane, so that its averages would make it win
more and more.

## What differs from the paper

- The last convolution gives a correction to the mean of the two planes weighted by the spatial
  attention, where the paper's makes all pixels anew through a sigmoid. A network of the paper's
  kind has to learn first to give back what it is shown, which takes it many thousand steps.
- Grey planes and 32 maps: 86,020 parameters, in place of 344,230 for colour and 64 maps.
- Crops of 72 pixels, 4 to a batch; there 8 crops of 256 pixels and a rate from 0.0001 down in steps
  over 300 epochs (Adam).
- The leaky rectifiers have a slope of 0.2 below 0; the paper does not tell its own.
- Convolutions are not padded; the plane is reflected instead.
- Half of the pairs are as in the paper, with additions: half of their blurs are Gaussians and
  discs, not mean filters, a third of the pictures is blurred beforehand, some focus maps hold the
  whole crop, half of their edges are soft.
- The other half are scenes as a lens sees them: two planes of a z-stack, of which one is the best
  of several (three in ten), and objects whose defocus spreads over the background (two in ten).
  There the answer is the sharper plane at each place.
- Two in five pairs are dark and noisy.
- Focus maps are drawn (outlines, islands, plates, hairs, holes); the paper has those of DUTS, which
  has no licence.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures: {plan}. The loss is
the
paper's: 0.2 times the mean difference to the sharp picture, 0.8 times what is missing to a
structural similarity of 1. Where noise was added the answer has the noise of the sharper plane: the
network is not asked to take noise away. Held back, whole pictures: {back}. On pairs made of these
as in the paper (mean filters of four strengths, hard edges, no noise) the fused plane comes to
{psnr} dB and a structural similarity of {ssim}; {right} of the pixels where blur made a difference
have more of the sharper plane.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## Confidence

What a pixel's plane had of the spatial attention, multiplied over all its comparisons, was compared
with the truth on simulated z-stacks of all kinds, at low and high noise (seeds that no benchmark
uses):

{paircalibration_table}

{averaging}

{half_precision}

## Limits

Pixels of pairs are made up, see above. Each place is judged by 21 x 21 pixels, so where texture is
weaker than that, planes are mixed. In a sequence the result goes through the network once per
plane, and what it changes adds up.
"""
