"""The words on the card of `fd-fcn`."""

from __future__ import annotations

__all__ = ["HEAD", "TEXT"]

HEAD = {
    "paper": "Guo et al. 2020, Frontiers of Information Technology & Electronic Engineering 21",
    "doi": "10.1631/FITEE.1900336",
    "input": "one grey plane, 0 to 1, minus 0.5; axes Y X",
    "output": "one logit per 2 x 2 pixels; larger is sharper",
    "tile_halo": 48,
    "stride": 8,
}

TEXT = """
# fd-fcn: a focus score per plane and pixel

The network of Guo et al. 2020: three modules of three 3 x 3 convolutions and a 2 x 2 maximum, 1
x 1 convolutions, the coarser maps enlarged and joined to the finer ones, an answer of half the
size that is interpolated. A plane is scored by itself. Planes are compared by the logit of the
paper's score, which decides alike and does not saturate.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures, in batches of
eighteen planes of 96 pixels. Six are whole crops, sharp (label 1) and after a Gaussian of
variance 15 (label 0), as in the paper; twelve are pairs of planes of a scene: 35 % with the
edge of the object sharp in both planes, 35 % with an object that spreads when it is out of
focus, 30 % from the middle of a z-stack. Half of the pairs are softened before by a Gaussian of
sigma 0.4 to 1.8. Outlines are drawn, or a picture's own mask where it has one. In half of the
crops each plane has a brightness of its own; 40 % are dark and noisy as in a camera. The loss
is the cross entropy of the comparison of two planes at every position, half of it for the whole
crops, and 0.3 times the paper's mean squared difference to labels of half the size, of the whole
crops and of pairs whose planes are as sharp as can be. All in all {plan}.
Held back, whole pictures: {back}. `held_back_pairs` is the share of their pixels whose plane is
decided right where one plane is in focus, `held_back_others` the same for softened pairs and
those from z-stacks.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## What differs from the paper

- The paper does not say how many maps its layers have: here 16, 32 and 64.
- One grey plane, not one in colour: what decides is always grey here.
- Photographs and pairs instead of 60,000 pictures of 32 x 32 pixels (CIFAR-10), which are too
  small to show an edge between sharp and blurred, and whose licence is not stated.
- The comparison of planes is most of the loss: labels alone teach what a camera makes soft to be
  out of focus.
- The paper names no optimiser.
- `--set loss=labels` has the published loss and data alone, `--set colour=yes` planes in colour.

## Confidence

How much of `exp(logit / temperature)` the best plane and its two neighbours hold, of all
planes, was compared with the truth on simulated z-stacks of all kinds, at low and high noise
(seeds that no benchmark uses):

{scorecalibration_table}

{half_precision}

## Limits

By the paper's own account its focus maps have holes; small ones are filled and the edges of the
decision are fitted to the image (guided filter of radius 8, epsilon 0.32). A plane is judged by
itself: what is smooth in focus and what is blurred look alike to it. Each pixel is judged by
what lies within 33 pixels of it.
"""

MICROSCOPY = """
# fd-fcn for z-stacks of microscopes

The published network of this method (its card is one folder up), trained further for z-stacks.

## Training

By the command above, starting from {begin}. Half of the steps are the published
recipe's batches of photographs. The other half are fans: six planes out of a simulated z-stack of
`napari_mfif.simulation` (all eight kinds, 40 seeds that measure nothing else, 6 to 24 planes, 60 to
6000 photons at white, 8 % without noise), scaled by the stack's own percentiles, cut to 96 x 96,
turned and mirrored. Each plane is scored once, and the scores of all fifteen pairs are compared.
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

How much of `exp(logit / temperature)` the best plane and its two neighbours hold, of all planes,
compared with the truth on simulated z-stacks (seeds that no training and no benchmark uses):

{scorecalibration_table}

{averaging}

{half_precision}

## Limits

Simulated specimens, not real ones. Photographs: the published weights are the default for two
planes. A plane is judged by itself: what is smooth in focus and what is blurred look alike to it.
"""
