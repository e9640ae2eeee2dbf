"""What others printed or published about the pairs of Lytro, and under what conditions.

Figures of published *files* were measured here once, with the definitions of
`napari_mfif.metrics`, on grey images, from files that the authors or the benchmark MFIFB put on the
web (lossless or JPEG as said). Figures of *papers* are copied from their tables.
"""

from __future__ import annotations

__all__ = ["CAUSES", "FILES", "MEASURES", "PAPERS", "SAME"]

#: Columns of the tables of Lytro.
MEASURES = ("Q_G", "Q_ABF", "Q_CB", "Q_E", "VIFF")

#: Published fused images: whose, how saved, the five measures.
FILES = (
    ("MS-ResNet (authors)", "lossless", (0.7250, 0.7629, 0.8028, 0.8973, 0.9480)),
    ("MS-LAP (authors)", "lossless", (0.7227, 0.7609, 0.8038, 0.8965, 0.9465)),
    ("IFCNN-MAX (authors)", "lossless", (0.6628, 0.7297, 0.7292, 0.8934, 0.9422)),
    ("MFIF-GAN (authors)", "JPEG 75", (0.7108, 0.7529, 0.8006, 0.8951, 0.9448)),
    ("CNN (MFIFB's run)", "JPEG 75", (0.7079, 0.7520, 0.7999, 0.8944, 0.9423)),
    ("DSIFT (MFIFB's run)", "JPEG 75", (0.7099, 0.7528, 0.8014, 0.8939, 0.9444)),
    ("gradient-argmax, one line", "JPEG 75", (0.7011, 0.7466, 0.7866, 0.8911, 0.9398)),
)

#: What the papers print, by method: the figures, and why they cannot be laid beside ours.
PAPERS = {
    "cnn": (
        "NMI 1.1455, Q_G .7497, Q_Y .9865, Q_CB .7968",
        "mean of 40 pairs, 20 of them Lytro; how the images were saved is not said",
    ),
    "fd-fcn": (
        "MI 7.292, Q_ABF .7125, Q_E .7715, VIFF .5624, Q_R 1.1304",
        "mean of 20 pairs that are not named; other programs for the measures (a VIFF of .56 is "
        "not of the kind of ours)",
    ),
    "boundary-aware": (
        "NMI 1.2002, Q_G .7188, Q_Y .9871, Q_CB .8042",
        "mean of 24 pairs, 20 of them Lytro",
    ),
    "mfif-gan": (
        "NMI 1.0945, Q_G .7179, Q_Y .9770, Q_CB .7976, Q_M 2.080",
        "Lytro; its row for CNN reads 1.0708, .7076, .9758, .7961, 1.917, as JPEG files score",
    ),
    "ufa-fuse": (
        "VIFF .9679, Q_ABF .7417, Q_C .8187, Q_M 2.974, STD 62.70, EN 7.579",
        "Lytro; a standard deviation of 62.7 where grey images have 57.5 says that they were not "
        "turned grey as ours",
    ),
}

#: Whose published files come from the same method; of the other networks there are none.
SAME = {"cnn": "CNN (MFIFB's run)", "mfif-gan": "MFIF-GAN (authors)"}

#: What costs a network most.
CAUSES = {
    "cnn": "The paper's verification costs it most: its guided filter mixes planes along outlines "
    "(without it VIFF is .9457 and Q_E .8941, see its card).",
    "fd-fcn": "A plane is judged by itself: what is smooth in focus and what is blurred look "
    "alike to it, and noise decides there.",
    "boundary-aware": "Its published weights have seen a few hundred batches on a processor, where "
    "the paper's two networks had 200 epochs; and it decides for 4 x 4 pixels at a time.",
    "mfif-gan": "Trained on a processor in a fraction of the paper's time; flat parts are "
    "guessed, which costs Q_E and VIFF.",
    "ufa-fuse": "Where there is little texture within the 21 x 21 pixels that it sees, it mixes "
    "planes instead of choosing: that costs contrast, which VIFF sees. It was trained in 87 "
    "minutes on a third of a processor core.",
}
