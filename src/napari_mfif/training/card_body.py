"""The text of a card: the recipe's words, filled in from what was trained and nothing else.

What is true of the weights comes from the head of the card, from what their file says about itself
and from the list of pictures; so a card can be written again at any time, see
``python -m benchmarks.cards``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from napari_mfif.methods.neural.base import SOFTNESS, Calibration
from napari_mfif.methods.neural.pairwise import PairCalibration
from napari_mfif.methods.neural.scoring import ScoreCalibration
from napari_mfif.training.card import wrapped
from napari_mfif.training.confidence import tables
from napari_mfif.training.data import TEXTURES, held_back
from napari_mfif.training.measured import half_words
from napari_mfif.training.plan import plan_of
from napari_mfif.training.softness import averaging_words

if TYPE_CHECKING:
    from napari_mfif.training.described import Described

__all__ = ["BENCHMARKS", "blocks", "body", "sources_of"]

#: Where a card has room for what benchmarks say of the weights.
BENCHMARKS = """## Measured

<!-- python -m benchmarks.cards -->
<!-- end -->"""

SWITCHED = """## Switches

Trained with {switches} (docs/parameters.md, switches of trainings); where the text speaks of
another form, loss or pairs, this is what holds."""

_BLOCK = re.compile(r"(<!-- (python .*?) -->\n)(.*?)(<!-- end -->)", re.S)
_TABLE = re.compile(r"^\| picture \| files \| licence \|\n(?:\|.*\n)+", re.M)


def body(
    recipe: Described,
    head: Mapping[str, object],
    facts: Mapping[str, str],
    sources: str,
    made: Mapping[str, str] | None = None,
) -> str:
    """Return all of a card below its head.

    Parameters
    ----------
    recipe : Described
        Whose words they are.
    head : mapping
        The head of the card.
    facts : mapping of str
        What the file of weights says about itself.
    sources : str
        The table of the pictures learnt from and judged by.
    made : mapping of str, optional
        What stands between the marks of a command, by the command; nothing when not given.
    """
    told = {name: str(value) for name, value in head.items()}
    words = {
        **_picture_words(sources, int(facts["seed"])),
        **tables(_by_name(facts)),
        **{name.removeprefix("held_back_"): value for name, value in told.items()},
        "plan": plan_of(facts, recipe.plan).words(),
        "begin": facts.get("begun_with", "the published weights"),
        "half_precision": half_words(told) if "in_float32" in told else "",
        "averaging": averaging_words(recipe.method, facts.get(SOFTNESS, "")),
    }
    text = recipe.text.rstrip("\n") + (f"\n\n{BENCHMARKS}\n" if recipe.benchmarked else "\n")
    if facts.get("switches"):
        title, _, rest = text.lstrip("\n").partition("\n\n")
        text = "\n\n".join(["\n" + title, SWITCHED.format(**facts), rest])
    for name, word in words.items():
        text = text.replace("{" + name + "}", word)
    return _BLOCK.sub(lambda found: _filled(found, made or {}), wrapped(text))


def blocks(card: str) -> dict[str, str]:
    """Return what stands between the marks of commands on a card."""
    return {found[2]: found[3] for found in _BLOCK.finditer(card)}


def sources_of(card: str) -> str:
    """Return the table of pictures on a card."""
    found = _TABLE.search(card)
    return found[0].rstrip("\n") if found else ""


def _filled(found: re.Match[str], made: Mapping[str, str]) -> str:
    return found[1] + made.get(found[2], "") + found[4]


def _by_name(facts: Mapping[str, str]) -> dict[str, str]:
    """Return what answers are worth by its name of today; files may hold older ones besides."""
    kinds: tuple[type[Calibration], ...] = (ScoreCalibration, PairCalibration)
    there = ((kind, next((n for n in kind.names if n in facts), None)) for kind in kinds)
    return {kind.names[0]: facts[name] for kind, name in there if name}


def _picture_words(sources: str, seed: int) -> dict[str, str]:
    """Return how many pictures there were, and which were held back: the seed decides that."""
    rows = [line.split("|")[1:3] for line in sources.splitlines()[2:]]
    counts = {subject.strip(): int(files) for subject, files in rows}
    back = sorted(held_back(list(counts), seed)) if len(counts) > 1 else []
    files = str(sum(counts.values()))
    return {"files": files, "drawn": str(TEXTURES), "back": ", ".join(back), "sources": sources}
