"""Each measure equals the reference programs where their values are at hand."""

import csv
import math
from pathlib import Path

import cv2
import pytest

from napari_mfif.metrics.registry import MEASURES

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"

pytestmark = pytest.mark.skipif(
    not ORACLE.exists(), reason="the golden values are not beside the repository"
)

#: Names that the table of golden values has for what is called otherwise here.
OTHER_NAMES = {
    "NMI_raw": "NMI_unstretched",
    "TE": "TE_exchanged",
    "TE_cvejic": "TE_Cvejic",
    "PSNR": "PSNR_published",
    "AG_fwd": "AG_forward",
}
SAME_NAMES = (
    "MI NMI NCIE Q_G Q_ABF Q_M Q_SF Q_S Q_W Q_W_edge Q_E Q_C Q_Y Q_CV Q_CB VIFF EN STD SF AG"
).split()
GOLDEN = OTHER_NAMES | {name: name for name in SAME_NAMES}
EXACT = {"MI", "NMI", "NMI_raw", "NCIE", "TE", "TE_cvejic", "PSNR", "Q_M", "Q_SF"} | {
    "EN",
    "STD",
    "SF",
    "AG",
}


def tolerance(name, triple):
    """Return the relative tolerance, None where flat windows forbid a comparison."""
    if name == "Q_C" and triple.startswith(("s3", "s5", "lytro13_F_avg")):
        return None
    if name == "Q_C" and triple.startswith("lytro"):
        return 1e-2
    if name == "VIFF" and triple.startswith("s5"):
        return 5e-4
    if name == "Q_Y":
        return 1e-8
    return 1e-10 if name in EXACT else 1e-9


def scored(name, images):
    measure = MEASURES[name]
    return measure.function(*(images if measure.needs == "sources, fused" else images[2:]))


def number(text):
    return math.nan if text in ("error", "nan") else float(text)


@pytest.fixture(scope="module")
def read():
    """Return a reader of the oracle's images that keeps what it has read."""
    kept = {}

    def reader(name):
        if name not in kept:
            kept[name] = cv2.imread(str(ORACLE / "images" / name), cv2.IMREAD_UNCHANGED)
        return kept[name]

    return reader


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values_are_met(name, read):
    with (ORACLE / "golden.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["metric"] == name]
    assert len(rows) == 27
    for row in rows:
        rel = tolerance(name, row["triple"])
        if rel is not None:
            found = scored(GOLDEN[name], [read(row[key]) for key in "ABF"])
            expected = pytest.approx(number(row["value"]), rel=rel, nan_ok=True)
            assert found == expected, row["triple"]


@pytest.mark.parametrize("name", ["MSD_sources", "LIF", "GLD"])
def test_measures_without_reference_code_meet_the_second_implementation(name, read):
    methods = {"baseline:gradient-argmax": "gradmax", "baseline:average": "avg"}
    with (ORACLE / "lytro_scores.csv").open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["method"] in methods]
    rows = [row for row in rows if row["pair"] in ("01", "05", "13")]
    assert len(rows) == 6
    for row in rows:
        start = f"lytro{row['pair']}_"
        images = [read(f"{start}{end}.png") for end in ("A", "B", f"F_{methods[row['method']]}")]
        assert scored(name, images) == pytest.approx(float(row[name.split("_")[0]]), rel=1e-8)


@pytest.mark.parametrize(
    ("name", "method", "mean"),
    [
        ("TE", "gradmax", 0.369),
        ("TE", "avg", 0.347),
        ("Q_C_clipped", "gradmax", 0.907),
        ("Q_C_clipped", "avg", 0.801),
    ],
)
def test_corrected_definitions_meet_known_means_of_three_pairs(name, method, mean, read):
    values = []
    for pair in ("01", "05", "13"):
        images = [read(f"lytro{pair}_{end}.png") for end in ("A", "B", f"F_{method}")]
        values.append(scored(name, images))
    assert sum(values) / 3 == pytest.approx(mean, abs=6e-4)
