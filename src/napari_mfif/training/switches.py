"""What can be switched in the published recipes: what the papers took out or put in, and forms.

Declared without torch, so that the command line knows them. A recipe's ``vary`` does what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari_mfif.networks import widths
from napari_mfif.settings.parameters import Parameter, Settings, resolve

__all__ = ["PUBLISHED", "SWITCHES", "as_words", "chosen", "parsed"]

#: The recipe that has switches.
PUBLISHED = "published"

#: By method. The defaults are how the shipped weights are trained.
SWITCHES: dict[str, tuple[Parameter, ...]] = {
    "cnn": (
        Parameter(
            "levels",
            int,
            5,
            "Ever stronger blurs that a sharp crop is compared with; the paper tried 3 and 5.",
            minimum=1,
            maximum=8,
        ),
        Parameter(
            "form",
            str,
            "collapsed",
            "The network that is trained: one score per plane, or the paper's slight or full one, "
            "which see two planes and learn by the softmax loss.",
            choices=("collapsed", "slight", "full"),
        ),
    ),
    "fd-fcn": (
        Parameter(
            "loss",
            str,
            "compared",
            "Mostly comparisons of planes, or labels alone as published: whole crops, sharp (1) or "
            "after a Gaussian of variance 15 (0), mean squared difference.",
            choices=("compared", "labels"),
        ),
        Parameter(
            "colour",
            bool,
            False,
            "Learn from planes in colour, as published; fusing shows it the grey image three "
            "times.",
        ),
    ),
    "boundary-aware": (
        Parameter(
            "outlines",
            str,
            "drawn",
            "Drawn objects: natural outlines, plates, hairs and holes, or in half of the pairs "
            "with fur, whose hairs are finer than a pixel and cover it in part.",
            choices=("drawn", "furry"),
        ),
    ),
    "mfif-gan": (
        Parameter(
            "reconstruction",
            str,
            "l1",
            "The loss between made and true focus maps: the mean absolute error (equation 4), or "
            "the binary cross entropy.",
            choices=("l1", "bce"),
        ),
        Parameter(
            "adversarial",
            str,
            "wasserstein",
            "The stage against a critic: Wasserstein distance, least squares, or left out.",
            choices=("wasserstein", "least-squares", "none"),
        ),
        Parameter(
            "penalty", bool, True, "Keep the critic's slope near 1 (gradient penalty, equation 3)."
        ),
        Parameter("squeeze", bool, True, "Squeeze and excitation in the residual blocks."),
        Parameter(
            "pairs",
            str,
            "whole",
            "Pairs to learn from: whole scenes and planes of z-stacks, the alpha-matte model as "
            "printed (equations 10 and 11), or without defocus spread (12 and 13).",
            choices=("whole", "alpha-matte", "conventional"),
        ),
        Parameter(
            "width",
            int,
            widths.MFIF_GAN,
            "Maps after the first convolution.",
            minimum=4,
            maximum=128,
        ),
    ),
    "ufa-fuse": (
        Parameter(
            "attention",
            str,
            "both",
            "Which attention weighs the two planes: channel and spatial, one of them, or none.",
            choices=("both", "channel", "spatial", "none"),
        ),
        Parameter(
            "absolute",
            float,
            0.2,
            "Share of the mean difference in the loss (lambda); the rest is structural similarity.",
            minimum=0.0,
            maximum=1.0,
        ),
        Parameter(
            "width",
            int,
            widths.UFA_FUSE,
            "Maps of a layer; 64 as published.",
            minimum=4,
            maximum=128,
        ),
    ),
}


def chosen(method: str, recipe: str, given: Mapping[str, Any]) -> Settings:
    """Return a value for every switch of a recipe.

    Raises
    ------
    ParameterError
        There is no such switch, or its value is not possible.
    """
    there = SWITCHES.get(method, ()) if recipe == PUBLISHED else ()
    return resolve(there, given, owner=f"the {recipe} recipe of {method}")


def parsed(method: str, recipe: str, texts: list[str]) -> Settings:
    """Return switches that were written as ``name=value``."""
    known = {switch.name: switch for switch in SWITCHES.get(method, ())}
    given: Settings = {}
    for text in texts:
        name, _, value = text.partition("=")
        given[name] = known[name].parse(value) if name in known else value
    return chosen(method, recipe, given)


def as_words(method: str, settings: Settings) -> str:
    """Return the switches that are not as they are by default: ``name=value``, with blanks."""
    told = [
        f"{switch.name}={_written(settings[switch.name])}"
        for switch in SWITCHES.get(method, ())
        if settings.get(switch.name, switch.default) != switch.default
    ]
    return " ".join(told)


def _written(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"{value}"
