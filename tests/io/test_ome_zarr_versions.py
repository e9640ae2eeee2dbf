"""OME-Zarr of all versions, with several images, zipped, and at addresses."""

from __future__ import annotations

import functools
import shutil
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import zarr

from napari_mfif.cli import main
from napari_mfif.errors import ReadError
from napari_mfif.io import open_stack
from napari_mfif.io.collection import find_stacks

PIXELS = np.random.default_rng(6).integers(0, 9000, (1, 2, 5, 21, 35)).astype(np.uint16)
SPACE = {"type": "space", "unit": "micrometer"}
AXES = [
    {"name": "t", "type": "time"},
    {"name": "c", "type": "channel"},
    *({"name": name, **SPACE} for name in "zyx"),
]
SCALE = [{"type": "scale", "scale": [1, 1, 0.5, 0.1, 0.1]}]
LEVEL = {"path": "0", "coordinateTransformations": SCALE}


def image(path, pixels=PIXELS, *, zarr_format=2, version="0.4", **changed):
    """Write an OME-Zarr image; `changed` goes before what it says."""
    group = zarr.open_group(str(path), mode="w", zarr_format=zarr_format)
    kinds = {} if zarr_format == 3 else {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
    shards = changed.pop("shards", None)
    array = group.create_array(
        "0",
        shape=pixels.shape,
        dtype=pixels.dtype,
        chunks=(1,) * (pixels.ndim - 2) + (7, 35),
        shards=shards,
        **kinds,
    )
    array[...] = pixels
    facts = {"version": version, "axes": AXES, "datasets": [LEVEL]} | changed
    facts = {"multiscales": [{name: value for name, value in facts.items() if value is not None}]}
    group.attrs.update({"ome": facts} if zarr_format == 3 else facts)
    return path


VERSIONS = {
    "0.1": {"version": "0.1", "axes": None, "datasets": [{"path": "0"}]},
    "0.2": {"version": "0.2", "axes": None, "datasets": [{"path": "0"}]},
    "0.3": {"version": "0.3", "axes": list("tczyx"), "datasets": [{"path": "0"}]},
    "0.4": {},
    "0.5": {"version": "0.5", "zarr_format": 3},
    "0.5 sharded": {"version": "0.5", "zarr_format": 3, "shards": (1, 1, 5, 21, 35)},
}


@pytest.mark.parametrize("made", VERSIONS.values(), ids=VERSIONS)
def test_every_version_is_read(tmp_path, made):
    stack = open_stack(image(tmp_path / "a.ome.zarr", **made))
    assert (stack.axes, stack.name) == ("CZYX", "a")
    np.testing.assert_array_equal(np.asarray(stack.pixels), PIXELS[0])
    if made.get("datasets") is None:
        assert (stack.z_step, stack.pixel_size, stack.unit) == (0.5, (0.1, 0.1), "um")


ODD = {
    "names in capitals": {"axes": [dict(one, name=one["name"].upper()) for one in AXES]},
    "kinds without names": {"axes": [{"type": one["type"]} for one in AXES]},
    "whole words": {"axes": ["time", "channel", "slice", "row", "column"]},
    "scale too short": {"datasets": [{**LEVEL, "coordinateTransformations": [{"scale": [1]}]}]},
    "scale of words": {
        "datasets": [
            {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": ["a"] * 5}]}
        ]
    },
    "no transformations": {"datasets": [{"path": "0", "coordinateTransformations": None}]},
    "axes that are null": {"axes": [None] * 5, "datasets": [{"path": "0"}]},
}


@pytest.mark.parametrize("changed", ODD.values(), ids=ODD)
def test_odd_metadata_hide_no_pixels(tmp_path, changed):
    path = image(tmp_path / "a.zarr", **changed)
    given = "CZYX" if "axes that" in str(changed) or changed.get("axes") == [None] * 5 else None
    assert open_stack(path, axes=given).shape == PIXELS.shape[1:]


@pytest.mark.parametrize(
    "facts",
    [{"omero": None}, {"omero": {"channels": None}}, {"omero": {"channels": [None, {"a": 1}]}}],
)
def test_odd_channels_hide_no_pixels(tmp_path, facts):
    path = image(tmp_path / "a.zarr")
    zarr.open_group(str(path)).attrs.update(facts)
    assert open_stack(path).channel_names == ()


def test_sizes_without_a_unit_are_kept_and_said(tmp_path):
    axes = [{"name": one["name"]} for one in AXES]
    stack = open_stack(image(tmp_path / "a.zarr", axes=axes))
    assert (stack.z_step, stack.pixel_size, stack.unit) == (0.5, (0.1, 0.1), None)
    assert "no unit" in stack.notes[-1]


def test_negative_steps_are_lengths(tmp_path):
    changes = [{"type": "scale", "scale": [1, 1, -0.5, 0.1, 0.1]}]
    levels = [{"path": "0", "coordinateTransformations": changes}]
    assert open_stack(image(tmp_path / "a.zarr", datasets=levels)).z_step == 0.5


def test_a_damaged_chunk_is_named_by_array_and_place(tmp_path):
    path = image(tmp_path / "a.zarr")
    (path / "0/0/1/3/0/0").write_bytes(b"nonsense")
    stack = open_stack(path)
    np.testing.assert_array_equal(stack.plane(2, c=1), PIXELS[0, 1, 2])
    with pytest.raises(ReadError, match=r"array 0 of .*a\.zarr is damaged.*\[0, 1, 3"):
        stack.plane(3, c=1)


def converted(path):
    """Write what bioformats2raw writes: numbered series and their names."""
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    root.attrs["bioformats2raw.layout"] = 3
    for number in range(2):
        image(path / str(number), PIXELS + number)
    root.require_group("OME").attrs["series"] = ["0", "1"]
    (path / "OME/METADATA.ome.xml").write_text(
        "<OME xmlns='a'><Image ID='Image:0' Name='left'/><Image ID='Image:1' Name='right'/></OME>"
    )
    return path


def test_series_of_a_converted_file_are_chosen_by_number_or_name(tmp_path):
    path = converted(tmp_path / "a.zarr")
    first = open_stack(path)
    assert first.plane(0, c=0)[0, 0] == PIXELS[0, 0, 0, 0, 0]
    assert "0 left, 1 right" in first.notes[0]
    for series in (1, "right", "1"):
        np.testing.assert_array_equal(
            open_stack(path, series=series).plane(2, c=1), 1 + PIXELS[0, 1, 2]
        )
    with pytest.raises(ReadError, match="named left, right"):
        open_stack(path, series="middle")
    assert [found.name for found in find_stacks(path)] == ["a/0", "a/1"]


def plate(path):
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    wells = ("A/1", "A/2", "B/1")
    root.attrs["plate"] = {"wells": [{"path": well} for well in wells]}
    for number, well in enumerate(wells):
        root.require_group(well).attrs["well"] = {"images": [{"path": "0"}]}
        image(path / well / "0", PIXELS + number)
    return path


def test_a_missing_well_fails_alone(tmp_path):
    path = plate(tmp_path / "p.zarr")
    assert open_stack(path, series="B/1/0").plane(0)[0].max() > 0
    shutil.rmtree(path / "B")
    found = {one.name: one for one in find_stacks(path)}
    assert list(found) == ["p/A_1_0", "p/A_2_0", "p/B_1_0"]
    assert found["p/A_2_0"].open().n_planes == 5
    with pytest.raises(ReadError):
        found["p/B_1_0"].open()
    with pytest.raises(ReadError, match="image B/1/0 is missing"):
        open_stack(path, series="B/1/0")


@pytest.mark.parametrize("inner", ["", "cells.ome.zarr"])
def test_a_zipped_zarr_is_read_without_unpacking(tmp_path, inner):
    image(tmp_path / "there" / inner)
    shutil.make_archive(str(tmp_path / "cells.ome.zarr"), "zip", tmp_path / "there")
    stack = open_stack(tmp_path / "cells.ome.zarr.zip")
    assert (stack.name, stack.z_step) == ("cells", 0.5)
    np.testing.assert_array_equal(stack.plane(4, c=1), PIXELS[0, 1, 4])


def test_another_archive_is_refused_in_words(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path)
    with pytest.raises(ReadError, match="ZIP archive"):
        open_stack(tmp_path / "a.zip")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def served(tmp_path):
    """Return the address of a folder on a server of this machine."""
    pytest.importorskip("aiohttp")
    handler = functools.partial(Quiet, directory=tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("made", [{}, {"version": "0.5", "zarr_format": 3}], ids=["0.4", "0.5"])
def test_a_zarr_on_a_server_is_read(tmp_path, served, made):
    image(tmp_path / "cells.ome.zarr", **made)
    stack = open_stack(f"{served}/cells.ome.zarr")
    assert (stack.name, stack.z_step, stack.source) == ("cells", 0.5, f"{served}/cells.ome.zarr")
    np.testing.assert_array_equal(stack.plane(4, c=1), PIXELS[0, 1, 4])


def test_a_plate_on_a_server_is_read(tmp_path, served):
    plate(tmp_path / "p.zarr")
    stack = open_stack(f"{served}/p.zarr", series="A/2/0")
    np.testing.assert_array_equal(stack.plane(4, c=1), PIXELS[0, 1, 4] + 1)


def test_what_is_not_on_a_server_is_said(served):
    with pytest.raises(ReadError, match="no Zarr at"):
        open_stack(f"{served}/nothing.zarr")


def test_other_file_systems_are_reached_through_fsspec(tmp_path):
    import fsspec

    image(tmp_path / "a.zarr")
    memory = fsspec.filesystem("memory")
    memory.put(str(tmp_path / "a.zarr"), "/there/a.zarr", recursive=True)
    stack = open_stack("memory://there/a.zarr")
    np.testing.assert_array_equal(stack.plane(4, c=1), PIXELS[0, 1, 4])
    with pytest.raises(ReadError, match="cannot be read"):
        open_stack("nowhere://there/a.zarr")


class Bucket(Quiet):
    """Answers as S3 does, as far as reading objects goes: a folder is a bucket."""

    def do_GET(self):
        """Send an object, the list of those below a prefix, or that there is none."""
        address, _, query = self.path.partition("?")
        if "list-type" in query:
            return self._send(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
        path = Path(self.directory, address.strip("/"))
        if path.is_file():
            return self._send(200, path.read_bytes())
        return self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET

    def _send(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def test_a_public_bucket_is_read_without_an_account(tmp_path, monkeypatch):
    pytest.importorskip("s3fs")
    image(tmp_path / "bucket/cells.ome.zarr")
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Bucket, directory=tmp_path)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        stack = open_stack("s3://bucket/cells.ome.zarr")
        np.testing.assert_array_equal(stack.plane(4, c=1), PIXELS[0, 1, 4])
        server.shutdown()


def test_a_batch_reads_from_a_server_and_skips_what_is_done(tmp_path, served, capsys):
    plate(tmp_path / "p.zarr")
    image(tmp_path / "cells.ome.zarr")
    words = ["batch", f"{served}/p.zarr", f"{served}/cells.ome.zarr", "-o", str(tmp_path / "out")]
    assert main([*words, "--method", "gradient"]) == 0
    there = sorted(path.name for path in (tmp_path / "out").rglob("*.ome.tif"))
    assert "cells.ome.tif" in there
    assert "A_2_0.ome.tif" in there
    capsys.readouterr()
    assert main([*words, "--method", "gradient"]) == 0
    assert f"{len(there)} done before" in capsys.readouterr().out
    image(tmp_path / "cells.ome.zarr", name="recorded again")
    assert main([*words, "--method", "gradient"]) == 0
    assert f"1 done, {len(there) - 1} done before" in capsys.readouterr().out


def test_a_batch_takes_archives_and_single_files(tmp_path):
    plate(tmp_path / "p.zarr")
    with zipfile.ZipFile(tmp_path / "p.zarr.zip", "w") as archive:
        for path in sorted((tmp_path / "p.zarr").rglob("*")):
            archive.write(path, path.relative_to(tmp_path / "p.zarr"))
    alone = find_stacks(tmp_path / "p.zarr.zip")
    both = find_stacks(tmp_path)
    assert len(alone) * 2 == len(both)
    for one in alone:
        assert one.open().n_planes == PIXELS.shape[2]
    np.testing.assert_array_equal(
        alone[-1].open().plane(4, c=1), both[len(alone) - 1].open().plane(4, c=1)
    )
