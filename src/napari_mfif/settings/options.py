"""What can be set whatever the method is, declared once; without numpy, so that help is quick."""

from __future__ import annotations

from napari_mfif.settings.parameters import Parameter

__all__ = [
    "ALIGN",
    "ALIGNMENT",
    "ALONG",
    "COMPOSING",
    "COMPOSITION",
    "COMPUTING",
    "CROP",
    "DEVICES",
    "HEIGHTS",
    "LABELS",
    "LATE",
    "MAPS",
    "MIN_CONFIDENCE",
    "MODELS",
    "PREFER",
    "PREPARATION",
    "REFERENCE",
    "SMOOTH_ALONG_Z",
    "STROKES",
    "UNSURE",
    "WEIGHTS",
]

#: How planes are compared: all at once, by votes of planes near one another, or the result so far
#: with the next.
ALONG = ("joint", "votes", "sequential")
#: Where networks run.
DEVICES = ("auto", "cpu", "cuda", "mps")
#: What becomes of strokes that a recipe holds.
STROKES = ("replay", "leave")
#: What can be written besides the image.
MAPS = (
    "depth",
    "height",
    "decision",
    "confidence",
    "runner_up",
    "scores",
    "focus_map",
    "differences",
)
#: Which of these hold numbers of planes.
LABELS = ("decision", "runner_up")
#: Those that hold planes, which in files are counted as in the whole z-stack.
COUNTED = (*LABELS, "depth")
#: Those that follow from a finished fusion, and of them those with a map for every plane.
LATE = ("scores", "focus_map", "differences")

#: What planes may do: ``"translation"`` shifts, ``"similarity"`` also magnifies and rotates,
#: ``"affine"`` also shears, and magnifies rows and columns differently.
MODELS = ("translation", "similarity", "affine")
ALIGN = Parameter(
    "align",
    str,
    "none",
    "Move planes so that they lie upon each other: translation undoes a stage that drifts, "
    "similarity also a magnification that changes with focus, and rotation; affine also the shear "
    "of a stand that tilts.",
    title="Planes move by",
    choices=("none", *MODELS),
)
REFERENCE = Parameter(
    "reference",
    int,
    "middle",
    "The plane that the others are brought to: the result has its place and its magnification. "
    "Planes are counted from 0.",
    title="Reference plane",
    minimum=0,
    choices=("first", "middle", "last"),
)
CROP = Parameter(
    "crop",
    bool,
    False,
    "Keep only what all planes cover. Otherwise the border stays, with a confidence of 0.",
    title="Crop to what all planes cover",
)
ALIGNMENT = (ALIGN, REFERENCE, CROP)

#: What becomes of heights that are not known.
UNSURE = Parameter(
    "unsure",
    str,
    "mark",
    "Heights that are not known: marked (NaN, transparent in a layer), filled smoothly from what "
    "is known, or left as they are. Image and decision stay the same.",
    title="Unsure places",
    choices=("mark", "fill", "leave"),
)
MIN_CONFIDENCE = Parameter(
    "min_confidence",
    float,
    0.5,
    "From this confidence on a height is known: the probability that it is right within one plane. "
    "At 0.5 right is as probable as wrong.",
    title="Sure from",
    minimum=0.0,
    maximum=1.0,
)
HEIGHTS = (UNSURE, MIN_CONFIDENCE)

#: Parameters of every method that act before it: on the planes as they are read.
REPAIR_HOT_PIXELS = Parameter(
    "repair_hot_pixels",
    bool,
    True,
    "Replace single pixels that only the camera made bright or dark by their neighbours' median.",
    advanced=True,
)
EQUALISE_BRIGHTNESS = Parameter(
    "equalise_brightness",
    bool,
    True,
    "Undo a lamp that drifts from plane to plane, where all parts of the image agree on it.",
    advanced=True,
)
MISSING = Parameter(
    "missing",
    str,
    "auto",
    "What is missing beside NaN, infinity and alpha 0: zero borders that move and planes that show "
    "nothing (auto), every zero, or none.",
    title="Missing pixels",
    choices=("auto", "zero", "none"),
    advanced=True,
)
PREPARATION = (REPAIR_HOT_PIXELS, EQUALISE_BRIGHTNESS, MISSING)

#: Parameters of every method that act after it: on how pixels follow from its answer.
COMPOSITION = Parameter(
    "composition",
    str,
    "auto",
    "Pixels as the method makes them, copied from the plane taken, or blended scale by scale "
    "(two modalities or exposures).",
    title="Pixels",
    choices=("auto", "copy", "pyramid"),
    advanced=True,
)
WELL_EXPOSED = Parameter(
    "well_exposed",
    float,
    0.0,
    "Blended scale by scale: what share of the brightness range is too dark, and too bright; 0.1 "
    "for several exposures.",
    minimum=0.0,
    maximum=0.45,
    advanced=True,
)
COMPOSING = (COMPOSITION, WELL_EXPOSED)

#: Of the decision of methods that know the runner-up: part of the consistency verification.
PREFER = Parameter(
    "prefer",
    str,
    "sharper",
    "Where two depths compete and noise does not decide: the sharper one, the nearer (an earlier "
    "plane) or the farther.",
    title="Prefer",
    choices=("sharper", "nearer", "farther"),
)

#: Of every method with a network: how it is computed.
PRECISION = Parameter(
    "precision",
    str,
    "auto",
    "Precision of the network; automatic is half precision where hardware and decisions allow.",
    choices=("auto", "float32", "bfloat16", "float16"),
    advanced=True,
)
COMPILE = Parameter(
    "compile",
    bool,
    False,
    "Compile the network first: takes a minute, pays for many large planes on a graphics card.",
    advanced=True,
)
WEIGHTS = Parameter(
    "weights",
    str,
    "auto",
    "Trained weights: published for photographs, microscopy for z-stacks, a folder of your own, or "
    "automatic.",
    advanced=True,
)
COMPUTING = (WEIGHTS, PRECISION, COMPILE)

#: Of the methods that look for the best of the planes' scores.
SMOOTH_ALONG_Z = Parameter(
    "smooth_along_z",
    bool,
    True,
    "Average the sharpness over neighbouring planes, as 1 2 1; for steps finer than the focus.",
    title="Smooth along z",
    advanced=True,
)
