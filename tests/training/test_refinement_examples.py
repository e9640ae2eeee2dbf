"""The stacks that refinement is learnt from, on their way from the process that makes them."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from napari_mfif.io.atomic import replacing
from napari_mfif.training.refinement_examples import finished


def test_stacks_that_are_being_written_are_not_read(tmp_path):
    with replacing(tmp_path / "00001.npz") as unfinished:
        unfinished.write_bytes(b"not all")
        (tmp_path / "00000.npz").write_bytes(b"all")
        assert finished(tmp_path) == [tmp_path / "00000.npz"]
