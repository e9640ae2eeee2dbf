"""``napari-mfif evaluate``: what it measures of which files, and how it prints it."""

from __future__ import annotations

import csv
import io
import json

import cv2
import numpy as np
import pytest
import tifffile

from napari_mfif.cli import main
from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.image import read_image
from napari_mfif.metrics.evaluation import eight_bits, evaluate, tolerance
from napari_mfif.metrics.pairs import q_e
from napari_mfif.metrics.registry import MEASURES
from napari_mfif.metrics.truth import depth_error, psnr


@pytest.fixture(scope="module")
def folder(slope, tmp_path_factory):
    """A folder with a z-stack, its truth, and two fusions and depth maps of different quality."""
    made = tmp_path_factory.mktemp("evaluate")
    stack, image, depth = slope
    tifffile.imwrite(made / "stack.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    tifffile.imwrite(made / "truth.tif", image)
    tifffile.imwrite(made / "true_depth.tif", depth)
    tifffile.imwrite(made / "confidence.tif", np.full(depth.shape, 0.5, np.float32))
    (made / "fused").mkdir()
    (made / "depths").mkdir()
    nearest = np.take_along_axis(stack, depth.round().astype(int)[None], 0)[0]
    for name, fused, found in (("good", nearest, depth.round()), ("poor", stack[3], depth * 0 + 3)):
        tifffile.imwrite(made / "fused" / f"{name}.ome.tif", fused, metadata={"axes": "YX"})
        tifffile.imwrite(made / "depths" / f"{name}.tif", found.astype(np.float32))
    return made


def printed(capsys, *words):
    code = main(["evaluate", *map(str, words)])
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


def test_json_holds_what_python_gives(folder, slope, capsys) -> None:
    out = printed(
        capsys, folder / "fused" / "good.ome.tif", "--sources", folder / "stack.tif",
        "--truth", folder / "truth.tif", "--depth", folder / "depths" / "good.tif",
        "--true-depth", folder / "true_depth.tif", "--json",
    )  # fmt: skip
    (row,) = json.loads(out)
    stack, image, depth = slope
    fused = read_image(folder / "fused" / "good.ome.tif")
    assert row["PSNR"] == pytest.approx(psnr(fused, image))
    assert row["depth_error"] == pytest.approx(depth_error(depth.round(), depth))
    assert row["Q_E"] == pytest.approx(q_e(*eight_bits(list(stack), fused)))
    assert row["share_within"] == 1
    assert row["wrong_near_boundaries"] is None  # a slope has no boundary


def test_every_fused_file_is_a_row_and_folders_are_their_files(folder, capsys) -> None:
    words = ("--sources", folder / "stack.tif", "--csv", "--measures", "q_e,SF")
    rows = list(csv.DictReader(io.StringIO(printed(capsys, folder / "fused", *words))))
    assert [row["fused"] for row in rows] == [
        str(folder / "fused" / f"{name}.ome.tif") for name in ("good", "poor")
    ]
    assert list(rows[0]) == ["fused", "Q_E", "SF"]
    assert float(rows[0]["Q_E"]) > float(rows[1]["Q_E"])


def test_name_of_the_fused_file_leads_to_its_maps(folder, capsys) -> None:
    out = printed(
        capsys, folder / "fused", "--depth", folder / "depths" / "{name}.tif",
        "--true-depth", folder / "true_depth.tif", "--measures", "depth_error",
    )  # fmt: skip
    header, good, poor, mean, note = out.splitlines()
    assert header.split() == ["fused", "depth_error"]
    errors = [float(line.split()[-1]) for line in (good, poor, mean)]
    assert errors[0] < errors[1]
    assert errors[2] == pytest.approx(sum(errors[:2]) / 2, abs=1e-4)
    assert mean.startswith("mean")
    assert note == "Lower is better: depth_error."


def test_depth_and_confidence_are_judged_without_a_fused_image(folder, capsys) -> None:
    out = printed(
        capsys, "--depth", folder / "depths" / "poor.tif", "--true-depth",
        folder / "true_depth.tif", "--confidence", folder / "confidence.tif", "--json",
    )  # fmt: skip
    (row,) = json.loads(out)
    assert row["AUC"] == 0.5
    assert row["calibration_error"] == pytest.approx(abs(row["share_within"] - 0.5))


def test_pictures_are_compared_in_their_own_grey_values(tmp_path, capsys) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (3, 65, 71, 3), np.uint8)
    files = [str(tmp_path / f"{name}.png") for name in "abf"]
    for file, colour in zip(files, colours, strict=True):
        cv2.imwrite(file, colour[..., ::-1])
    (row,) = json.loads(
        printed(capsys, files[2], "--sources", *files[:2], "--json", "--measures", "all")
    )
    grey = [(c @ np.array([299, 587, 114]) + 500) // 1000 for c in colours.astype(int)]
    needed = {name for name, about in MEASURES.items() if "tru" not in about.needs}
    assert set(row) == {"fused"} | needed - {"AUC", "calibration_error"}
    assert row["Q_E"] == pytest.approx(q_e(*grey))


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "Nothing can be measured"),
        (["nowhere.tif"], 1, "There is no file nowhere.tif"),
        (["{folder}/stack.tif", "--sources", "{folder}/stack.tif"], 1, "holds 7 images"),
        (["{folder}/truth.tif", "--truth", "{folder}"], 1, "is a folder"),
        (["{folder}/truth.tif", "--sources", "{folder}/truth.tif"], 1, "one plane"),
        (["{folder}/truth.tif", "--measures", "Q_Z"], 2, "Unknown measure 'Q_Z'"),
        (["{folder}/fused", "--depth", "{folder}/truth.tif"], 2, "belongs to one fused image"),
        (["--depth", "{folder}/truth.tif"], 2, "--true-depth"),
        (["{folder}/truth.tif", "--confidence", "c.tif"], 2, "--confidence needs"),
        (["--true-depth", "{{name}}.tif"], 2, "name at least one"),
        (["{folder}/empty"], 2, "holds no image"),
        (["{folder}/truth.tif", "--sources", "{folder}/stack.tif", "--channel", "3"], 2, "channel"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(words, code, message, folder, capsys):
    (folder / "empty").mkdir(exist_ok=True)
    assert main(["evaluate", *(word.format(folder=folder) for word in words)]) == code
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_sixteen_bits_are_scaled_by_the_range_of_the_sources() -> None:
    sources = [np.array([[100, 300]], np.uint16), np.array([[200, 1120]], np.uint16)]
    first, second, fused = eight_bits(sources, np.array([[50.0, 610.0]]))
    assert first.tolist() == [[0, 50]]
    assert second.tolist() == [[25, 255]]
    assert fused.tolist() == [[0, 128]]


def test_images_of_different_sizes_are_not_compared() -> None:
    with pytest.raises(ParameterError, match="one size"):
        evaluate(np.zeros((9, 11)), truth=np.zeros((9, 12)))
    with pytest.raises(ParameterError, match="one size"):
        evaluate(depth=np.zeros((9, 11)), true_depth=np.zeros((9, 12)))


def test_half_a_plane_is_wrong_in_a_pair_and_right_in_a_stack() -> None:
    assert tolerance(np.array([[0, 1]])) == 0.5
    assert tolerance(np.array([[0, 5]])) == 1


def test_file_that_is_no_image_is_refused(tmp_path) -> None:
    (tmp_path / "note.tif").write_text("not an image")
    with pytest.raises(ReadError, match=r"note\.tif"):
        read_image(tmp_path / "note.tif")
