"""The words on the card of `boundary-aware`."""

from __future__ import annotations

__all__ = ["HEAD", "MICROSCOPY", "TEXT"]

HEAD = {
    "paper": "Ma, Zhang, Liu, Liao 2019, Boundary aware multi-focus image fusion",
    "doi": "10.48550/arXiv.1904.00198",
    "input": "two grey planes, 0 to 1, minus 0.5, as two channels; axes Y X",
    "output": "two logits per window of 64 x 64 pixels, stride 4: first plane, second plane",
    "tile_halo": "124 pixels beyond the windows",
    "stride": 4,
}

TEXT = """
# boundary-aware: from which of two planes to take the centre of a window

Two ResNet-56 in the form for small pictures (He et al. 2016): a 3 x 3 convolution, three stages
of nine blocks with 16, 32 and 64 maps, shortcuts without parameters. Two planes are the two
channels of one picture. The first network scores everywhere; where the mean score round a place
(5 x 5 scores, 20 pixels) lies between 0.2 and 0.8 the second one's score is taken.

## Training

By the command above, from {files} sharp photographs and {drawn} drawn textures, in batches of
three pairs of 112 pixels, each in both orders, turned and mirrored. Half of the pairs are the
paper's composites (equations 4 and 5), whose objects have an edge as sharp when they are out of
focus; a quarter have objects that spread as behind a lens; a quarter come from the middle of a
z-stack, where neither plane need be in focus. Blurs are discs and Gaussians, sigma 0.8 to 6. In
half of the pairs each plane has a brightness of its own; 40 % are dark and noisy as in a
camera. Outlines are drawn, or a picture's own mask where it has one. Every window of a crop is
an example, labelled by its centre. The second network goes on from the first for 10 % of the
steps, with windows that have at least 10 % of their pixels in focus in either plane. Held back,
whole pictures: {back}. `held_back_windows` is the share of windows of such pairs whose centre
the first network decides right, `held_back_boundary` that of the windows with at least 10 % in
focus in either plane, and `held_back_second_...` the same of the second network.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## What differs from the paper

- Dense: one pass gives a score every four pixels. The paper runs its network on a patch of 64 x
  64 round each pixel, whose zero padding tells the network where the patch ends. Within a
  larger picture nothing does, so the plain average over the 16 x 16 cells became a weighted
  one, that begins as the average: 884,994 parameters a network in place of 852,354.
- The first weights compare the fine detail of the planes: half of the first maps see one plane,
  half the other alike, and the blocks add nothing yet. From random weights 200 batches taught
  next to nothing.
- The normalisations take mean and variance from the first ten batches and keep them, since a
  batch is three pairs here and not 128 patches.
- Thousands of pairs where the paper has 2.3 million patches for 200 epochs (SGD). More steps would
  help.
- Photographs in place of the alpha matting set and COCO, whose licences do not permit it; drawn
  outlines in place of mattes of hair and fur (`--set outlines=furry` draws such).
- How wide the mean score is taken is not in the paper.

## Confidence

The chance that a plane had in the comparisons it won and was not next to, against the truth on
simulated z-stacks of all kinds, at low and high noise (seeds that no benchmark uses):

{paircalibration_table}

{half_precision}

## Limits

Made for two photographs; the order of the two matters a little. Each comparison is one or two
passes of deep networks, three to six seconds for a megapixel on a processor, and nothing of a plane
can be kept for the next one. What is decided is decided for 4 x 4 pixels at a time and
interpolated.
"""

MICROSCOPY = """
# boundary-aware for z-stacks of microscopes

The published networks of this method (their card is one folder up), trained further for z-stacks.

## Training

By the command above, starting from {begin}, whose normalisations keep their statistics. Half of the
steps are the published recipe's pairs of photographs. The other half are fans: four planes out of a
simulated z-stack of `napari_mfif.simulation` (all eight kinds, 40 seeds that measure nothing else,
6 to 24 planes, 60 to 6000 photons at white, 8 % without noise), scaled by the stack's own
percentiles, cut to 128 x 128, turned and mirrored, every other one turned over in z. All six pairs
of a fan are compared, in one order. What is right at the centre of a window is told by the planes
without noise: of two, the one that differs less from the true scene within a Gaussian window of 1.5
pixels; the logistic loss counts centres by how far the two differ. The second network goes on from
the first one for 10 % of the steps, with windows either plane of which is the better one on at
least 10 % of the pixels. In every step two crops of photographs come sharp and after a Gaussian of
sigma 3 to 12, with correlated noise, so that blurred planes are not liked for their texture or
noise: one at 8 to 100 % of its contrast, one 1.2 to 4 times too bright for the camera, whose sharp
parts are white. Two more crops of 112 x 112 carry flat print, .6 to 2 times as bright as the
camera's white, and show it at two blurs (a Gaussian of sigma 2 to 24, and one 1.5 to 30 times as
narrow): the one plane is nearer to focus on one side of an outline, the other plane on the other
side. All in all {plan}; the second network starts at .0001.

Photographs held back, and `held_back_...`: as on the published card, {files} files and {drawn}
drawn textures.

{sources}

## Confidence

For votes along z, see docs/methods.md; for comparisons in sequence, products of chances:

{paircalibration_table}

{averaging}

{half_precision}

## Limits

Simulated specimens, not real ones. Photographs: the published weights are the default for two
planes. Each comparison is a pass of a deep network: nothing of a plane can be kept for the next
one. What is decided is decided for 4 x 4 pixels at a time and interpolated.
"""
