"""The page of what networks reach: bold is what is reached, and nothing else."""

from __future__ import annotations

from benchmarks import reached
from napari_mfif.simulation import KINDS


def scores(copied: float, made: float, depth: float) -> dict[str, dict[str, dict[str, float]]]:
    values = {"copied": copied, "made": made, "depth": depth}
    of_kinds = {what: dict.fromkeys(KINDS, value) for what, value in values.items()}
    return dict.fromkeys(reached.NOISES, of_kinds)


def test_gains_that_are_aimed_at_are_bold() -> None:
    stacks = {"gradient": scores(30, 30, 0.9), "cnn": scores(30.5, 31.9, 0.9)}
    row = reached._stacks(["cnn"], stacks).splitlines()[-1]
    cells = ["**+0.50**", "**+0.50**", "+1.90", "**+0.000**", "+0.50", "+1.90", "**+0.000**"]
    assert [cell.strip() for cell in row.split("|")[2:-1]] == cells


def test_one_kind_that_is_worse_is_told() -> None:
    stacks = {"gradient": scores(30, 30, 0.9), "cnn": scores(31, 31, 0.9)}
    stacks["cnn"]["low"]["copied"] |= {next(iter(KINDS)): 29.0}
    assert "| -1.00 |" in reached._stacks(["cnn"], stacks).splitlines()[-1]


def test_outlines_are_reached_from_below() -> None:
    pairs = {
        label: {name: {"wrong": wrong} for name in ("gradient", "adaptive", "fd-fcn")}
        for label, wrong in (("photographs", 0.1), ("optics", 0.2))
    }
    row = reached._outlines(["fd-fcn"], pairs).splitlines()[-1]
    assert "| **10.0%** | 20.0% | 11% / 13% |" in row


def test_both_sets_of_weights_have_a_row() -> None:
    rows = ("gradient", "adaptive", "fd-fcn", "fd-fcn, microscopy", "fd-fcn, no such set")
    pairs = {label: {row: {"wrong": 0.2} for row in rows} for label in ("photographs", "optics")}
    lines = reached._outlines(["fd-fcn"], pairs).splitlines()[2:]
    named = [line.split("|")[1].strip() for line in lines]
    assert named == ["`gradient`", "`adaptive`", "`fd-fcn`", "`fd-fcn`, microscopy"]
