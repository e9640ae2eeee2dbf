"""The weights of `cnn` and their card, as files."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from napari_mfif.methods.base import FloatMap
from napari_mfif.methods.patch_scores import PatchScorer, Trust
from napari_mfif.networks.cnn import CONTEXT, PATCH, STRIDE, CollapsedCnn, count_parameters
from napari_mfif.training.card import picture_words, wrapped, write_card, write_weights
from napari_mfif.training.data import Pictures
from napari_mfif.training.loop import Plan
from napari_mfif.weights import FILE

__all__ = ["check_plane", "write_trained"]


def write_trained(
    network: CollapsedCnn,
    out: Path,
    plan: Plan,
    scores: dict[str, float],
    trust: Trust,
    pictures: Pictures,
) -> Path:
    """Write the weights, and the card that describes them."""
    facts = {
        "method": "cnn",
        "steps": str(plan.steps),
        "seed": str(plan.seed),
        "trust": json.dumps(asdict(trust)),
    }
    sha256 = write_weights(network, out, facts)
    sample = PatchScorer(network.cpu())(check_plane())
    head = {
        "name": "cnn",
        "file": FILE,
        "sha256": sha256,
        "parameters": count_parameters(network),
        "paper": "Liu, Chen, Peng, Wang 2017, Information Fusion 36",
        "doi": "10.1016/j.inffus.2016.12.001",
        "licence": "BSD-3-Clause",
        "input": "one grey plane, 0 to 1, minus 0.5; axes Y X",
        "output": "one logit per 16 x 16 patch, stride 2; larger is sharper",
        "tile_halo": PATCH + CONTEXT,
        "stride": STRIDE,
        "command": f"napari-mfif train cnn --data FOLDER --out models/cnn --steps {plan.steps} "
        f"--seed {plan.seed}",
        "held_back_accuracy": f"{scores['accuracy']:.4f}",
        "held_back_accuracy_noisy": f"{scores['noisy']:.4f}",
        "check_scores": json.dumps([round(float(v), 3) for v in sample[::4, ::4].ravel()]),
    }
    write_card(out, head, _card_text(pictures, trust))
    return out / FILE


def check_plane() -> FloatMap:
    """Return the plane that the card's check scores belong to, (48, 40)."""
    rows, columns = np.mgrid[:48, :40].astype(np.float32)
    wave = np.sin(rows * columns / 40) * np.exp(-columns / 40)
    return np.asarray(0.5 + 0.4 * wave, np.float32)


def _card_text(pictures: Pictures, trust: Trust) -> str:
    text = CARD_TEXT.format(
        temperature=f"{trust.temperature:g}",
        shares=" | ".join(f"{share:.2f}" for share in trust.shares),
        rule="|".join(["---"] * (len(trust.shares) + 1)),
        probabilities=" | ".join(f"{probability:.2f}" for probability in trust.probabilities),
        **picture_words(pictures),
    )
    return wrapped(text)


CARD_TEXT = """
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
and noisy as in a camera. Held back, whole pictures: {back}.
`held_back_accuracy` is the share of their patch pairs (sharp, one of five blurs) that are
ordered right, `held_back_accuracy_noisy` the same with noise of 6 grey levels.

{sources}

Where a folder of pictures holds a `LICENSES.csv` only those with a permissive licence are read.

## Confidence

The share of `exp(g / {temperature})` that the best plane and its two neighbours hold, of all
planes, was compared with the truth on simulated z-stacks of all kinds, at low and high noise
(seeds that no benchmark uses):

| share | {shares} |
|{rule}|
| right within one plane | {probabilities} |

## Limits

Made for planes that differ in blur, as photographs and macro do. Where planes differ in
brightness rather than blur (confocal), or where noise hides the texture, `adaptive` is the
better choice. Each pixel is judged by the 16 x 16 patches around it, so bright objects spread
their plane by some pixels over a flat surround. Without a graphics card a megapixel takes two
to five seconds per plane.
"""
