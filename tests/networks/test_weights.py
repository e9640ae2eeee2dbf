from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_mfif.errors import WeightsError
from napari_mfif.methods.neural.patch_scoring import PATCH, STRIDE
from napari_mfif.networks import weights


@pytest.fixture
def copied(tmp_path):
    """A copy of the shipped weights and their card, to be spoilt."""
    for name in (weights.FILE, weights.CARD):
        source = weights.models() / "cnn" / name
        (tmp_path / name).write_bytes(source.read_bytes())
    return tmp_path


def test_shipped_weights_are_those_on_the_card(copied) -> None:
    stored = weights.load("cnn")
    assert stored.sha256 == hashlib.sha256((copied / weights.FILE).read_bytes()).hexdigest()
    assert stored.sha256 == weights.read_card(copied)["sha256"]


def test_shipped_weights_have_the_parameters_on_the_card(copied) -> None:
    counted = sum(tensor.size for tensor in weights.load("cnn").tensors.values())
    assert counted == int(weights.read_card(copied)["parameters"]) == 386_048


def test_card_says_all_that_a_user_must_know(copied) -> None:
    card = weights.read_card(copied)
    for fact in ("paper", "doi", "licence", "input", "output", "command", "held_back_accuracy"):
        assert card[fact], fact
    assert "napari-mfif train cnn" in card["command"]
    assert int(card["stride"]) == STRIDE
    assert int(card["tile_halo"]) >= PATCH


def test_confidence_never_falls_as_the_evidence_grows() -> None:
    trust = json.loads(weights.load("cnn").facts["trust"])
    assert np.all(np.diff(trust["shares"]) > 0)
    assert np.all(np.diff(trust["probabilities"]) >= 0)


def test_missing_weights_name_the_command_that_trains_them() -> None:
    with pytest.raises(WeightsError, match="napari-mfif train nothing --data"):
        weights.load("nothing")


def test_damaged_weights_are_refused(copied) -> None:
    content = bytearray((copied / weights.FILE).read_bytes())
    content[-7] ^= 1
    (copied / weights.FILE).write_bytes(content)
    with pytest.raises(WeightsError, match=r"is damaged.*sha256"):
        weights.read_weights(copied, "cnn")


@pytest.mark.parametrize("name", [weights.FILE, weights.CARD])
def test_missing_file_is_named(copied, name) -> None:
    (copied / name).unlink()
    with pytest.raises(WeightsError, match=r"cannot be read.*Install napari-mfif again"):
        weights.read_weights(copied, "cnn")


def test_card_without_a_hash_is_refused(copied) -> None:
    (copied / weights.CARD).write_text("# no facts\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="sha256"):
        weights.read_weights(copied, "cnn")


def test_weights_of_another_network_are_refused() -> None:
    stored = weights.load("cnn")
    shapes = {name: tensor.shape for name, tensor in stored.tensors.items()}
    weights.fit(stored, shapes, "cnn")
    shapes["head.weight"] = (1, 256, 7, 7)
    with pytest.raises(WeightsError, match=r"head\.weight has the shape \(1, 256, 8, 8\)"):
        weights.fit(stored, shapes, "cnn")


def test_line_ends_of_a_card_do_not_matter(copied) -> None:
    card: Path = copied / weights.CARD
    facts = weights.read_card(copied)
    card.write_bytes(card.read_bytes().replace(b"\n", b"\r\n"))
    assert weights.read_card(copied) == facts
    shutil.rmtree(copied)


def test_a_folder_of_ones_own_is_taken(slope, tmp_path) -> None:
    torch = pytest.importorskip("torch")
    from napari_mfif import fuse
    from napari_mfif.networks.mfif_gan import MfifGenerator
    from napari_mfif.training.card import write_card, write_weights

    torch.manual_seed(0)
    (tmp_path / "own").mkdir()
    facts = {"method": "mfif-gan", "width": "8"}  # narrower than what is shipped
    sha256 = write_weights(MfifGenerator(8), tmp_path / "own", facts)
    write_card(tmp_path / "own", {"sha256": sha256}, "Mine.")
    planes = slope[0][:3]
    own = fuse(planes, method="mfif-gan", weights=str(tmp_path / "own"))
    shipped = fuse(planes, method="mfif-gan", weights="published")
    assert own.recipe.parameters["weights"] == str(tmp_path / "own")
    assert (own.decision != shipped.decision).mean() > 0.1


def test_weights_that_are_not_there_are_refused_with_what_there_is(slope) -> None:
    pytest.importorskip("torch")
    from napari_mfif import fuse

    with pytest.raises(WeightsError, match=r"weights=\"nix\"` is not there: cnn has published"):
        fuse(slope[0][:2], method="cnn", weights="nix")


def test_fingerprint_is_of_what_decides_not_of_the_file() -> None:
    tensors = {"a": np.arange(3, dtype=np.float32)}
    facts = {"softness_per_noise": "8", "steps": "10"}
    known = weights.Weights(tensors, facts, "one file").fingerprint()
    longer = weights.Weights(tensors, {**facts, "steps": "20", "plan": "{}"}, "another")
    assert longer.fingerprint() == known
    softer = weights.Weights(tensors, {**facts, "softness_per_noise": "9"}, "another")
    assert softer.fingerprint() != known
    assert softer.numbers() == longer.numbers()
    moved = weights.Weights({"a": tensors["a"] + 1}, facts, "one file")
    assert moved.fingerprint() != known
    assert moved.numbers() != longer.numbers()
