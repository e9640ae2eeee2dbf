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
residual blocks with squeeze and excitation and batch norm), the maps of both planes side by side,
a decoder (two transposed convolutions, a 7 x 7 convolution, sigmoid). Grey planes go through the
encoder once each, not three times each as in the paper, which gives the same.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures. Four pairs of 128
x 128 pixels per step: 65 % are objects before a background, one of both defocused, by the
alpha-matte model made physically whole (the background goes on behind the object); 35 % are what a
sequence meets in a z-stack, the best of some planes of a deep scene against a later plane, and
which of them blurs less. Outlines are drawn (natural shapes, leaves, plates, hairs, holes); blurs
are discs and Gaussians with a sigma of 0.8 to 6 pixels. In half of the pairs the planes differ in
brightness; 40 % are dark and noisy as in a camera.

The first stage, {plan}, learns by the mean absolute error of the focus map alone; in its second
half pixels within 8 of an outline count four times. The second stage,
a sixth of the steps, is the paper's: a critic of eight convolutions without batch norm,
Wasserstein distance with gradient penalty (10), mean absolute error (10), Adam (.5, .999), rate
.0001 falling on a line, five steps of the critic to one. It is kept where `accuracy` minus
`boundary` of held-back pairs grows; `held_back_adversarial` says whether it was (1) or not (0), and
`held_back_rejected_...` are the scores of what was not kept.

Held back, whole pictures: {back}. Of pairs made of them: `held_back_accuracy` is the share of
pixels decided right of objects before a background, `held_back_boundary` the share decided wrong
within 8 pixels of their outlines, `held_back_stack` the share decided right of what a sequence
meets, where the blurs differ by more than a quarter pixel.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## What differs from the paper

- The numbers of maps are in the paper's figure only, which its text has not: 16, 32 and 64 here.
  Four times as many (12.6 million parameters) cost twenty times the time.
- Grey, not colour: sharpness is judged on one channel or the mean of several.
- No black behind the objects (the printed model is `pairs.spread_as_published`), pairs of deep
  scenes besides, noise and unequal brightness, drawn outlines instead of PASCAL VOC's.
- Most of the training is the reconstruction loss; the critic comes in at the end.

## Confidence

For z-stacks: the product of what the focus maps said for a plane in its comparisons with planes
that are not next to it, against the truth on simulated stacks of all kinds, at low and high noise
(seeds that no benchmark uses):

{paircalibration_table}

{half_precision}

## Limits

Made for two photographs of objects before a background. More planes are fused one after the other,
two passes of the encoder for each: the order matters a little, and a wrong decision can be undone
by a later plane only if that is the better one. Planes noisier than 2 % of their range are compared
blurred, and their depth is poor all the same: `adaptive` is far ahead there. In large flat parts it
guesses. The maps of the
whole plane stand in memory at a quarter of its size, and nothing is cut into tiles. Without a
graphics card a megapixel takes four to five seconds per plane.
"""

MICROSCOPY = """
# mfif-gan for z-stacks of microscopes

The published network of this method (its card is one folder up), trained further for z-stacks.

## Training

By the command above, starting from {begin}, whose batch norms keep their statistics.
Half of the steps are the published recipe's pairs of photographs (pixels near outlines count four
times). The other half are fans: five planes out of a simulated z-stack of `napari_mfif.simulation`
(all eight kinds, 40 seeds that measure nothing else, 6 to 24 planes, 60 to 6000 photons at white,
8 % without noise), scaled by the stack's own percentiles, cut to 128 x 128, turned and mirrored.
All ten pairs of a fan are compared, each plane encoded once. What is right is told by the planes
without noise: of two, the one that differs less from the true scene within a Gaussian window of 1.5
pixels; the logistic loss counts pixels by how far the two differ. All in all {plan}.

Photographs held back, and `held_back_...`: as on the published card, {files} files and {drawn}
drawn textures.

## Confidence

For votes along z, see docs/methods.md; for comparisons in sequence, products of chances:

{paircalibration_table}

{averaging}

{half_precision}

## Limits

Simulated specimens, not real ones. Photographs: the published weights are the default for two
planes.

{sources}
"""
