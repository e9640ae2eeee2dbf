"""The words on the card of `cnn`."""

from __future__ import annotations

__all__ = ["HEAD", "MICROSCOPY", "TEXT"]

HEAD = {
    "paper": "Liu, Chen, Peng, Wang 2017, Information Fusion 36",
    "doi": "10.1016/j.inffus.2016.12.001",
    "input": "one grey plane, 0 to 1, minus 0.5; axes Y X",
    "output": "one logit per 16 x 16 patch, stride 2; larger is sharper",
    "tile_halo": 20,
    "stride": 2,
}

TEXT = """
# cnn: a focus score per plane and patch

The network of Liu et al. 2017 in its collapsed form: three 3 x 3 convolutions (64, 128 and 256
maps, a 2 x 2 maximum after the second) and one 8 x 8 convolution to a number `g` per 16 x 16
patch. The paper's full and slight networks compare two planes; between their features and the
softmax all is linear, so that such a comparison is `sigmoid(g(A) - g(B))`.
`napari_mfif.networks.cnn` writes these weights in all three forms.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures. A crop of 64
pixels must score higher than five ever stronger blurs of it, and each of these higher than the
next, in every patch with a variance above 25 grey levels squared. Half of the blurs are the
paper's (Gaussian, sigma 2, 7 x 7, again and again), the others smaller Gaussians and
discs. In half of the crops each plane has a brightness of its own; 40 % of the crops are made dark
and noisy as in a camera. Four crops are a batch; all in all {plan}. Held back, whole
pictures: {back}.
`held_back_accuracy` is the share of their patch pairs (sharp, one of five blurs) that are
ordered right, `held_back_accuracy_noisy` the same with noise of 6 grey levels.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## What differs from the paper

- The collapsed form is trained, so that a pair counts in both orders at once; `--set form=full` and
  `form=slight` train the paper's two, by the softmax loss.
- Blurred planes are ordered among themselves too, other blurs than the paper's come in, planes of
  unequal brightness and noise.
- A few hundred batches of crops that hold 441 patches each, in place of ten epochs of 2 million
  patches by SGD (momentum .9, weight decay .0005, rate .0001, 128 to a batch).

## Confidence

The share of `exp(g / {scorecalibration_temperature})` that the best plane and its two neighbours
hold, of all planes, was compared with the truth on simulated z-stacks of all kinds, at low and high
noise (seeds that no benchmark uses):

{scorecalibration_table}

{half_precision}

## Limits

Made for planes that differ in blur, as photographs and macro do. Where planes differ in
brightness rather than blur (confocal), or where noise hides the texture, `adaptive` is the
better choice. Each pixel is judged by the 16 x 16 patches around it, so bright objects spread
their plane by some pixels over a flat surround. Without a graphics card a megapixel takes two
to five seconds per plane.
"""

MICROSCOPY = """
# cnn for z-stacks of microscopes

The published network of this method (its card is one folder up), trained further for z-stacks.

## Training

By the command above, starting from {begin}. Half of the steps are the published
recipe's batches of photographs, half as large. The other half are fans: six planes out of a
simulated z-stack of
`napari_mfif.simulation` (all eight kinds, 40 seeds that measure nothing else, 6 to 24 planes, 60 to
6000 photons at white, 8 % without noise), scaled by the stack's own percentiles, cut to 96 x 96,
turned and mirrored. Each plane is scored once, patch scores are averaged over all patches that
cover a pixel, as in fusing, and the averages of all fifteen pairs are compared.
What is right is told by the planes without noise: of two, the one that differs less from the true
scene within a Gaussian window of 1.5 pixels; the logistic loss counts pixels by how far the two
differ. In every step two crops of photographs come sharp and after a Gaussian of sigma 3 to 12,
with correlated noise, so that blurred planes are not liked for their texture or lack of noise: one
at 8 to 100 % of its contrast, one 1.2 to 4 times too bright for the camera, whose sharp parts are
white. All in all {plan}.

Photographs held back, and `held_back_...`: as on the published card, {files} files and {drawn}
drawn textures.

{sources}

## Confidence

The share of `exp(g / {scorecalibration_temperature})` that the best plane and its two neighbours
hold, of all planes, compared with the truth on simulated z-stacks (seeds that no training and no
benchmark uses):

{scorecalibration_table}

{averaging}

{half_precision}

## Limits

Simulated specimens, not real ones. Photographs: the published weights are the default for two
planes. Each pixel is judged by the 16 x 16 patches around it, so edges are round.
"""
