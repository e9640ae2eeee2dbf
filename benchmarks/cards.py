"""``python -m benchmarks.cards [FOLDER...] [--check] [--measure]``: write the cards of all weights.

A card is written from its own head, from what the file of weights says about itself, from the log
of the training beside it, from the recipe's words and from ``benchmarks/results``, so that nothing
on it is older than its weights. What people have to say of a training stands in ``notes.md``,
whose first line names the weights that it is about: ``tensors:`` and what --tensors prints.

With --check nothing is written: the exit code says whether every card is as it would be written.
With --measure a sample of the answers and what half precision changes are measured again (on a
processor without instructions for half precision it takes minutes).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import keep
from benchmarks.reproduce_words import measured_words
from napari_mfif.methods import registry
from napari_mfif.networks.weights import CARD, models, read_card, read_weights
from napari_mfif.training import OTHER_RECIPES, RECIPES
from napari_mfif.training.card import write_card
from napari_mfif.training.card_body import blocks, body, sources_of
from napari_mfif.training.described import command, home
from napari_mfif.training.loop import LOG, minutes
from napari_mfif.training.measured import check_scores, half_precision
from napari_mfif.training.plan import plan_of
from napari_mfif.training.recipe import Recipe
from napari_mfif.training.switches import parsed

NOTES = "notes.md"
#: What a card says that nobody noted down.
UNKNOWN = "not recorded"
OWN = "python -m benchmarks.cards"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the cards, or look whether they are as they should be."""
    parser = argparse.ArgumentParser(prog=OWN, description=__doc__)
    parser.add_argument("folders", nargs="*", help="below models/, for example fd-fcn/microscopy")
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--tensors", action="store_true", help="print what notes call weights by")
    parser.add_argument("--measure", action="store_true", help="measure the answers again")
    given = parser.parse_args(arguments)
    wrong = 0
    for folder, recipe in trained():
        name = str(folder.relative_to(models()))
        if given.folders and name not in given.folders:
            continue
        if given.tensors:
            print(name, read_weights(folder, recipe.method).numbers())
            continue
        head, text = written(folder, recipe, measure=given.measure)
        before = (folder / CARD).read_text(encoding="utf-8")
        if not given.check:
            write_card(folder, head, text)
        elif before != card(head, text):
            wrong += 1
            print(f"{folder / CARD} is not as {OWN} writes it")
    return int(wrong > 0)


def trained() -> Iterator[tuple[Path, Recipe]]:
    """Yield the folders of all weights that a recipe has made, and the recipe."""
    modules = [*(m for n, m in RECIPES.items() if n in registry.names()), *OTHER_RECIPES.values()]
    for module in modules:
        recipe: Recipe = import_module(module).RECIPE
        if (models() / home(recipe) / CARD).is_file():
            yield models() / home(recipe), recipe


def written(folder: Path, recipe: Recipe, *, measure: bool = False) -> tuple[dict[str, str], str]:
    """Return the head and the text of a card."""
    stored = read_weights(folder, recipe.method)
    facts = stored.facts
    if recipe.vary is not None:
        given = parsed(recipe.method, recipe.name, facts.get("switches", "").split())
        recipe = recipe.vary(recipe, given)
    old = (folder / CARD).read_text(encoding="utf-8")
    plan = plan_of(facts, recipe.plan)
    head = {
        **read_card(folder),
        **{name: str(value) for name, value in recipe.head.items()},
        "command": command(recipe, facts),
        "optimiser": plan.optimiser,
        "rate": f"{plan.rate:g}",
    }
    head = _in_order({"precision": "float32", "hardware": UNKNOWN, "minutes": ""} | head)
    head["minutes"] = duration(folder, head["minutes"])
    if measure:
        head |= _measured(recipe, folder)
    made = blocks(old) | {
        OWN: measured_words(keep.load("reproduction"), recipe, stored.fingerprint())
    }
    text = body(recipe, head, facts, sources_of(old), made)
    return head, text.rstrip("\n") + "\n" + notes(folder, stored.numbers())


def duration(folder: Path, told: str) -> str:
    """Return how many minutes a training took: by its log, or as its program wrote."""
    if (folder / LOG).is_file() and '"seconds"' in (folder / LOG).read_text(encoding="utf-8"):
        return f"{minutes(folder):.0f}"
    number = re.match(r"\d+", told)
    return number[0] if number else UNKNOWN


def notes(folder: Path, name: str) -> str:
    """Return what people noted of these weights; nothing where that is of others."""
    path = folder / NOTES
    if not path.is_file():
        return ""
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return f"\n## Notes\n\n{rest.strip()}\n" if first == f"tensors: {name}" else ""


def card(head: dict[str, str], text: str) -> str:
    """Return a card as it is written."""
    lines = "\n".join(f"{name}: {value}" for name, value in head.items())
    return f"---\n{lines}\n---\n{text}"


#: The head begins with these, in this order.
_FIRST = ("name", "file", "sha256", "parameters", "precision", "licence", "paper", "doi", "input")
_THEN = ("output", "tile_halo", "stride", "command", "switches", "optimiser", "rate", "hardware")


def _in_order(head: dict[str, str]) -> dict[str, str]:
    order = (*_FIRST, *_THEN, "minutes")
    return {name: head[name] for name in order if name in head} | head


def _measured(recipe: Recipe, folder: Path) -> dict[str, str]:
    method: Any = registry.get(recipe.method)
    network, _ = method.network.shipped(str(folder))
    return {
        "check_scores": check_scores(method.network(network)),
        **half_precision(method, network),
    }


if __name__ == "__main__":
    raise SystemExit(main())
