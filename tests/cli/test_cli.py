"""The command line: what it writes, what it says, how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
import tifffile

from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.simulation import simulate


@pytest.fixture
def source(slope, tmp_path):
    path = tmp_path / "slope.tif"
    tifffile.imwrite(path, slope[0], imagej=True, metadata={"axes": "ZYX", "spacing": 0.5})
    return path


def test_fuse_writes_what_python_gives(source, slope, tmp_path, capsys) -> None:
    out = tmp_path / "fused.ome.tif"
    maps = {name: tmp_path / f"{name}.tif" for name in ("depth", "decision", "confidence")}
    options = [word for name, path in maps.items() for word in (f"--{name}", str(path))]
    recipe = tmp_path / "recipe.json"
    command = ["fuse", str(source), "-o", str(out), "--method", "gradient", "--set", "window=7"]
    assert main([*command, *options, "--save-recipe", str(recipe)]) == 0
    expected = fuse(slope[0], method="gradient", window=7)
    np.testing.assert_array_equal(tifffile.imread(out), expected.image)
    for name, path in maps.items():
        np.testing.assert_array_equal(tifffile.imread(path), getattr(expected, name))
    assert tifffile.imread(maps["depth"]).dtype == np.float32
    assert "7 planes, 93 x 67, uint16" in capsys.readouterr().out
    assert json.loads(recipe.read_text())["parameters"]["window"] == 7


def test_recipe_inside_a_result_repeats_it(source, tmp_path) -> None:
    first, second = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    main(["fuse", str(source), "-o", str(first), "--method", "laplacian", "--set", "levels=2"])
    assert main(["fuse", str(source), "-o", str(second), "--recipe", str(first)]) == 0
    np.testing.assert_array_equal(tifffile.imread(first), tifffile.imread(second))


def test_align_brings_drifting_planes_together_and_says_so(tmp_path, capsys) -> None:
    made = simulate("relief", seed=3, shape=(97, 131), planes=7, drift=5.0)
    source, out = tmp_path / "drifting.tif", tmp_path / "fused.ome.tif"
    tifffile.imwrite(source, made.stack.pixels, imagej=True, metadata={"axes": "ZYX"})
    assert main(["fuse", str(source), "-o", str(out), "--align", "translation"]) == 0
    expected = fuse(made.stack.pixels, align="translation")
    np.testing.assert_array_equal(tifffile.imread(out), expected.image)
    rows, columns = expected.common_area
    said = capsys.readouterr().out
    assert f"rows {rows.start} to {rows.stop - 1}" in said
    assert f"columns {columns.start} to {columns.stop - 1}" in said


def test_quiet_says_nothing(source, tmp_path, capsys) -> None:
    assert main(["fuse", str(source), "-o", str(tmp_path / "a.tif"), "--quiet"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["fuse", "nowhere.tif", "-o", "out.tif"], 1, "There is no file nowhere.tif"),
        (["fuse", "{source}", "-o", "{source}"], 2, "is an input"),
        (["fuse", "{source}", "-o", "{folder}/no/such/out.tif"], 1, "no folder"),
        (
            ["fuse", "{source}", "-o", "{folder}/o.tif", "--method", "magic"],
            2,
            "Unknown method 'magic'",
        ),
        (["fuse", "{source}", "-o", "{folder}/o.tif", "--set", "window"], 2, "NAME=VALUE"),
        (["fuse", "{source}", "-o", "{folder}/o.tif", "--set", "denoise=99"], 2, "denoise=99"),
        (["fuse", "{source}", "-o", "{folder}/o.tif", "--channel", "7"], 2, "no channel '7'"),
        (["fuse", "{source}", "-o", "{folder}/o.tif", "--memory", "1kB"], 1, "may use 1.0 KB"),
        (["simulate", "cheese", "-o", "{folder}/o.tif"], 2, "cheese"),
        (["train", "gradient", "--data", "{folder}", "--out", "{folder}/m"], 2, "gradient"),
    ],
)
def test_errors_are_sentences_and_leave_nothing(
    words, code, message, source, tmp_path, capsys
) -> None:
    words = [word.format(source=source, folder=tmp_path) for word in words]
    before = sorted(tmp_path.rglob("*"))
    assert main(words) == code
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert said.startswith("napari-mfif: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_truncated_file_is_refused_without_a_traceback(source, tmp_path) -> None:
    cut = tmp_path / "cut.tif"
    cut.write_bytes(source.read_bytes()[:-4000])
    command = [sys.executable, "-m", "napari_mfif.cli", "fuse", str(cut), "-o", "x.tif"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "cut.tif" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "x.tif").exists()


def test_wrong_usage_ends_with_two(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["fuse"])
    assert stopped.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_info_tells_what_is_in_a_file(source, capsys) -> None:
    assert main(["info", str(source), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["axes"], facts["shape"], facts["z_step"]) == ("ZYX", [7, 67, 93], 0.5)
    assert main(["info", str(source)]) == 0
    assert "7 planes" in capsys.readouterr().out


def test_methods_lists_every_parameter(capsys) -> None:
    from napari_mfif import methods

    assert main(["methods", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["methods"]
    for name in methods.names():
        declared = [parameter.name for parameter in methods.get(name).all_parameters()]
        assert [row["name"] for row in listed[name]["parameters"]] == declared


def test_simulate_writes_stack_and_truth(tmp_path) -> None:
    out, truth = tmp_path / "s.ome.tif", tmp_path / "t.tif"
    words = ["simulate", "steps", "--size", "64", "--planes", "5", "-o", str(out)]
    assert main([*words, "--truth", str(truth)]) == 0
    assert tifffile.imread(out).shape == (5, 64, 64)
    assert tifffile.imread(truth).shape == (64, 64)


@pytest.mark.parametrize("output", ["{source}", "{folder}/a.tif"])
def test_outputs_may_be_neither_inputs_nor_each_other(output, source, tmp_path, capsys) -> None:
    out = output.format(source=source, folder=tmp_path)
    before = source.read_bytes()
    words = ["fuse", str(source), "-o", out, "--depth", str(tmp_path / "a.tif"), "--overwrite"]
    assert main(words) == 2
    assert "cannot be written to" in capsys.readouterr().err
    assert source.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("depth", ["d.xyz", "d.png"])
def test_impossible_endings_are_refused_before_the_work(depth, source, tmp_path, capsys) -> None:
    words = ["fuse", str(source), "-o", str(tmp_path / "a.tif"), "--depth", str(tmp_path / depth)]
    assert main(words) == 1
    assert depth in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [source]


def test_places_of_planes_go_out_and_come_in(tmp_path, capsys):
    from napari_mfif.simulation import simulate

    drift = {"drift": 6.0, "magnification_drift": 0.01}
    made = simulate("relief", seed=3, shape=(97, 121), planes=7, slope=1.0, **drift)
    source = tmp_path / "drifting.tif"
    tifffile.imwrite(source, np.asarray(made.stack.pixels), metadata={"axes": "ZYX"})
    first, places = tmp_path / "first.tif", tmp_path / "places.json"
    words = ["fuse", str(source), "-o", str(first), "--method", "gradient", "--crop"]
    assert main([*words, "--align", "similarity", "--save-transforms", str(places)]) == 0
    assert "was cropped" in capsys.readouterr().out
    words[3] = str(tmp_path / "second.tif")
    assert main([*words, "--transforms", str(places)]) == 0
    np.testing.assert_array_equal(tifffile.imread(words[3]), tifffile.imread(first))
    assert main([*words, "--transforms", str(places), "--align", "none", "--overwrite"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main(["info", str(source), "--drift"]) == 0
    assert "try --align similarity" in capsys.readouterr().out


def test_info_lists_the_stacks_of_a_folder_and_describes_the_chosen_one(tmp_path, capsys) -> None:
    for well, z in product(("A01", "B02"), range(3)):
        tifffile.imwrite(tmp_path / f"plate_{well}_z{z}.tif", np.zeros((9, 14), np.uint16))
    assert main(["info", str(tmp_path)]) == 0
    table = "0  plate_A01  ZYX  3 x 9 x 14\n1  plate_B02  ZYX  3 x 9 x 14"
    assert table in capsys.readouterr().out
    assert main(["info", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["series"] == ["plate_A01", "plate_B02"]
    assert found["images"][1] == {
        "number": 1, "name": "plate_B02", "axes": "ZYX", "shape": [3, 9, 14],
    }  # fmt: skip
    for chosen in ("1", "plate_B02"):
        assert main(["info", str(tmp_path), "--series", chosen]) == 0
        assert "plate_B02: 3 planes" in capsys.readouterr().out
    assert main(["info", str(tmp_path), "--series", "C03"]) == 1
    assert "plate_A01, plate_B02" in capsys.readouterr().err


def test_info_tells_what_is_missing_and_hot(tmp_path, capsys) -> None:
    planes = np.random.default_rng(3).normal(100, 2, (6, 64, 80)).astype(np.float32)
    planes[1, 20, 30] = planes[3, 40, 50] = 5000
    planes[4] = 0
    planes[2, :3] = np.nan
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="minisblack")
    assert main(["info", str(tmp_path / "a.tif")]) == 0
    told = capsys.readouterr().out
    assert "planes 4 show nothing, 240 pixels are not there (0.78%)" in told
    # noise beside a blank plane may seem hot
    assert re.search(r"hot      [2-4] pixels of 6 planes of 80 x 64, from plane 0", told)


def test_missing_pixels_are_an_option(tmp_path) -> None:
    planes = np.random.default_rng(3).normal(100, 9, (4, 64, 80)).astype(np.float32)
    planes[1:3, 20:30, 30:40] = 0
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="minisblack")
    made = {}
    for choice in ("zero", "none"):
        out = tmp_path / f"{choice}.tif"
        words = ["fuse", str(tmp_path / "a.tif"), "-o", str(out), "--missing", choice, "--quiet"]
        assert main(words) == 0
        made[choice] = tifffile.imread(out)[22:28, 32:38]
    assert made["zero"].min() > 50 > made["none"].min()


def test_a_list_is_taken_as_it_is_given(tmp_path, capsys) -> None:
    paths = []
    for value, name in enumerate(("b7", "b2", "b9")):
        paths.append(str(tmp_path / f"{name}.tif"))
        tifffile.imwrite(paths[-1], np.full((64, 64), value, np.uint8))
    assert main(["info", *paths, "--order", "given"]) == 0
    assert "order" not in capsys.readouterr().out
    assert main(["info", *paths]) == 0
    assert "--order given keeps that of the list" in capsys.readouterr().out
