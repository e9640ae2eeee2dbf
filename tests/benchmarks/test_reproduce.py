"""The report beside the papers: what is printed stands in one file, ranks are counted right."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks import (
    published,
    reproduce,
    reproduce_lytro,
    reproduce_page_lytro,
    reproduce_ranks,
)
from napari_mfif import methods
from napari_mfif.metrics.registry import MEASURES


def test_every_network_has_its_paper_and_every_measure_is_ours() -> None:
    networks = [name for name in methods.names() if methods.get(name).neural]
    assert sorted(published.PAPERS) == sorted(networks)
    assert set(published.REPORTED) <= MEASURES.keys()
    for paper in published.PAPERS.values():
        assert {"table", "pairs", "data", "verdict"} <= paper.keys()
        for row in (paper.get("cnn", {}), paper.get("wins", {}), *paper.get("others", {}).values()):
            assert row.keys() <= paper["printed"].keys()
        assert paper.get("files") in (None, *published.FILES)
        assert set(paper.get("ours", {}).values()) <= reproduce_lytro.VARIANTS.keys()


@pytest.mark.parametrize(
    ("row", "given"),
    [
        ("cnn", {"method": "cnn"}),
        ("fd-fcn, microscopy", {"method": "fd-fcn", "weights": "microscopy"}),
        ("boundary-aware, first network", {"method": "boundary-aware", "refine": False}),
    ],
)
def test_row_says_what_is_fused_and_how(row, given) -> None:
    assert reproduce_lytro.how(row) == given


def rows(values):
    return {
        name: {"each": dict.fromkeys(published.MEASURES, " ".join(map(str, each)))}
        for name, each in values.items()
    }


def test_wins_are_counted_where_one_beats_all_others() -> None:
    given = rows({"a": (0.9, 0.5, 0.7), "b": (0.1, 0.5, 0.8), "c": (0.2, 0.4, 0.1)})
    scores = reproduce_ranks.scores_of(given, list("abc"), "Q_G")
    assert reproduce_ranks.wins(scores).tolist() == [1, 1, 0]
    np.testing.assert_allclose(reproduce_ranks.mean_ranks(scores), [1.5, 11 / 6, 8 / 3], atol=0.1)


def test_critical_difference_is_that_of_demsar() -> None:
    # Demsar 2006, section 3.2.2: four classifiers on 14 data sets, q = 2.569.
    assert reproduce_ranks.critical_difference(4, 14) == pytest.approx(1.25, abs=0.01)


def test_picture_of_ranks_has_a_dot_for_each_method_and_measure(tmp_path) -> None:
    rng = np.random.default_rng(0)
    names = list(methods.names())
    given = rows({name: rng.random(20).round(4) for name in names})
    reproduce_ranks.draw(given, names, tmp_path)
    drawn = (tmp_path / reproduce_ranks.PICTURE).read_text(encoding="utf-8")
    assert drawn.count("<circle") == len(names) * len(published.MEASURES)
    assert all(drawn.count(f">{name}</text>") == len(published.MEASURES) for name in names)


def test_scores_of_a_paper_stand_beside_ours() -> None:
    row = {kind: dict.fromkeys(reproduce_lytro.ALL, 0.25) for kind in ("lossless", "jpeg")}
    (told,) = reproduce_page_lytro.beside_paper({"fd-fcn": row}, "fd-fcn")
    assert "Q_E, the root of ours .7715 (.5000 | .5000)" in told
    assert "MI 7.29 (.2500 | .2500)" in told
    lines = list(reproduce_page_lytro._paper({"fd-fcn": row}, "fd-fcn", published.PAPERS["fd-fcn"]))
    assert "| VIFF | .5624 | .2500 | .2500 | .5612 | .9423 |" in lines[1]


def test_run_that_was_stopped_goes_on(monkeypatch) -> None:
    kept = {"done": {"stacks, cnn": "1", "stacks, gradient": ""}}
    monkeypatch.setattr(reproduce.keep, "load", lambda _: dict(kept))
    monkeypatch.setattr(reproduce, "_weights", lambda: {"cnn": "1"})
    monkeypatch.setattr(reproduce.keep, "save", lambda *_: None)
    monkeypatch.setattr(reproduce.reproduce_page, "write", lambda _: None)
    ran = []
    monkeypatch.setattr(reproduce, "_run", lambda tasks, *_: ran.extend(t[0] for t in tasks))
    reproduce.main(["stacks", "--methods", "cnn,gradient,adaptive", "--missing"])
    assert ran == [("stacks", "adaptive"), ("stacks", "baselines")]
    ran.clear()
    monkeypatch.setattr(reproduce, "_weights", lambda: {"cnn": "2"})
    reproduce.main(["stacks", "--methods", "cnn", "--missing"])
    assert ("stacks", "cnn") in ran
