"""The card of trained weights: facts for programs at its head, then words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_mfif.io.atomic import replacing
from napari_mfif.training.data import Picture
from napari_mfif.weights import CARD

__all__ = ["source_table", "write_card"]


def write_card(folder: Path, facts: Mapping[str, object], text: str) -> Path:
    """Write a card beside the weights.

    Parameters
    ----------
    folder : Path
        Where the weights are.
    facts : mapping
        Short values by name; `napari_mfif.weights.read_card` gives them back as texts.
    text : str
        Markdown.
    """
    head = "\n".join(f"{name}: {value}" for name, value in facts.items())
    with replacing(folder / CARD, overwrite=True) as unfinished:
        unfinished.write_text(f"---\n{head}\n---\n{text}", encoding="utf-8", newline="\n")
    return folder / CARD


def source_table(pictures: Sequence[Picture]) -> str:
    """Return a Markdown table of the pictures, one row per subject and licence."""
    rows: dict[tuple[str, str], int] = {}
    for picture in pictures:
        key = (picture.subject, picture.licence or "not stated")
        rows[key] = rows.get(key, 0) + 1
    lines = [f"| {subject} | {count} | {licence} |" for (subject, licence), count in rows.items()]
    return "\n".join(["| picture | files | licence |", "|---|---|---|", *lines])
