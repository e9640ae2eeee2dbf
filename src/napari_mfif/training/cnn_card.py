"""The words on the card of `cnn`."""

from __future__ import annotations

__all__ = ["HEAD", "TEXT"]

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

{averaging}

{half_precision}

## Limits

Made for planes that differ in blur, as photographs and macro do. Where planes differ in
brightness rather than blur (confocal), or where noise hides the texture, `adaptive` is the
better choice. Each pixel is judged by the 16 x 16 patches around it, so bright objects spread
their plane by some pixels over a flat surround. Without a graphics card a megapixel takes two
to five seconds per plane.
"""
