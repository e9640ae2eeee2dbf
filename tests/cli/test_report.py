"""``napari-mfif info --report``: all that helps, and nothing that is private."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile

import napari_mfif
from napari_mfif.arrays.stack import ZStack
from napari_mfif.cli import main
from napari_mfif.cli.report import report


@pytest.fixture
def secret(tmp_path, slope):
    """A z-stack whose folder and name nobody is to read."""
    folder = tmp_path / "patient-miller"
    folder.mkdir()
    path = folder / "biopsy-17.ome.tif"
    metadata = {"axes": "ZYX", "PhysicalSizeZ": 0.5, "PhysicalSizeZUnit": "um"}
    tifffile.imwrite(path, slope[0], metadata=metadata)
    return path


def test_report_tells_versions_axes_sizes_and_noise(secret, tmp_path) -> None:
    out = tmp_path / "report.json"
    assert main(["info", str(secret), "--report", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["napari-mfif"] == napari_mfif.__version__
    assert {"numpy", "tifffile", "zarr"} <= set(found["libraries"])
    stack = found["stack"]
    assert (stack["axes"], stack["shape"], stack["z_step"]) == ("ZYX", [7, 67, 93], 0.5)
    assert 4 < found["noise"]["floor"] < 64  # the noise that was added has a variance of 16
    assert found["input"] == [f".ome.tif, {secret.stat().st_size} bytes"]


def test_report_names_no_file_and_no_folder(secret, tmp_path) -> None:
    out = tmp_path / "report.json"
    main(["info", str(secret), "--report", str(out)])
    content = secret.read_bytes()
    secret.write_bytes(content[: len(content) // 2])
    for given in ([], ["--axes", "TZYX"]):
        text = out.read_text()
        assert "miller" not in text
        assert "biopsy" not in text
        assert main(["info", str(secret), *given, "--report", str(out)]) != 0
    assert "Error" in json.loads(out.read_text())["error"]


def test_names_in_notes_are_taken_out(secret) -> None:
    notes = (f"Read {secret}.", "Sizes come from /home/miller/data/settings.xml, not the file.")
    stack = ZStack.from_array(np.zeros((3, 20, 30), np.uint8), "ZYX", name="biopsy", notes=notes)
    assert report([str(secret)], stack, None)["stack"]["notes"] == [
        "Read FILE.",
        "Sizes come from PATH, not the file.",
    ]


def test_pixels_that_cannot_be_read_leave_the_rest(secret) -> None:
    class Broken:
        shape, dtype, ndim = (3, 20, 30), np.dtype("u1"), 3

        def __getitem__(self, index):
            raise OSError("the cable fell out")

    found = report([str(secret)], ZStack(Broken(), "ZYX"), None)
    assert found["noise"] == "not measured: OSError"
    assert found["stack"]["array"] == "Broken"
