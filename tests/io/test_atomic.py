"""Files that are there whole or not at all."""

from __future__ import annotations

import errno

import pytest

from napari_mfif.errors import WriteError
from napari_mfif.io.atomic import check_target, replacing


def test_target_appears_only_at_the_end(tmp_path):
    target = tmp_path / "a.ome.tif"
    with replacing(target) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == tmp_path
        assert temporary.name.endswith(".ome.tif")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_after_a_failure(tmp_path, failure):
    target = tmp_path / "a.tif"
    target.write_text("old")
    with pytest.raises(failure), replacing(target, overwrite=True) as temporary:
        temporary.write_text("half")
        raise failure
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_existing_target_is_refused_before_anything_is_written(tmp_path):
    target = tmp_path / "a.tif"
    target.write_text("old")
    with pytest.raises(WriteError, match=r"exists.*overwrite=True"):
        with replacing(target):
            raise AssertionError("not reached")
    with replacing(target, overwrite=True) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full.*Make room"),
        (OSError("8192 requested and 4096 written"), "The disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "no permission in"),
        (OSError(errno.EIO, "Input/output error"), "could not be written: Input/output error"),
    ],
)
def test_errors_of_the_system_are_said_in_plain_words(tmp_path, error, words):
    with pytest.raises(WriteError, match=words), replacing(tmp_path / "a.tif") as temporary:
        temporary.write_text("half")
        raise error
    assert not list(tmp_path.iterdir())


def test_target_open_elsewhere(tmp_path, monkeypatch):
    target = tmp_path / "a.tif"
    target.write_text("old")

    def refuse(*_args):
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(WriteError, match="open in another program"):
        with replacing(target, overwrite=True) as temporary:
            temporary.write_text("new")
    assert target.read_text() == "old"


def test_missing_folder_folder_as_target_and_no_permission(tmp_path, monkeypatch):
    with pytest.raises(WriteError, match=r"There is no folder .*gone"):
        check_target(tmp_path / "gone" / "a.tif")
    with pytest.raises(WriteError, match="is a folder"):
        check_target(tmp_path)
    monkeypatch.setattr("os.access", lambda *_args: False)
    with pytest.raises(WriteError, match="no permission in"):
        check_target(tmp_path / "a.tif")
