"""What every recipe tells of its network, and what a training leaves: weights, log and card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from torch import nn

from napari_mfif.networks.weights import FILE, PUBLISHED
from napari_mfif.training.card import hardware, source_table, write_card, write_weights
from napari_mfif.training.card_body import body
from napari_mfif.training.data import Pictures
from napari_mfif.training.loop import LOG, minutes
from napari_mfif.training.plan import Plan

__all__ = ["UNFINISHED", "Described", "command", "home", "keep_log", "write_trained"]

#: Folder of what a stopped run needs to go on, inside the folder for the weights.
UNFINISHED = "unfinished"


@dataclass(frozen=True, kw_only=True)
class Described:
    """A network that is trained, and the words on its card.

    Parameters
    ----------
    method : str
        The method's name.
    name : str
        Which of the method's recipes it is.
    network : callable
        Gives the network with its first weights.
    plan : Plan
        How long and how fast when nothing is said.
    head : mapping
        Of the card: paper, input, output, halo and stride. Parameters, steps, seed, hardware, time
        and held-back scores are added.
    text : str
        Of the card, Markdown. ``{files}``, ``{drawn}``, ``{back}``, ``{sources}``, ``{plan}``,
        ``{half_precision}``, each held-back score and the table of what answers are worth can stand
        in it.
    half : bool
        Write the weights in float16.
    """

    #: Whether its card has room for what benchmarks say.
    benchmarked: ClassVar[bool] = True

    method: str
    name: str = PUBLISHED
    network: Callable[[], nn.Module]
    plan: Plan
    head: Mapping[str, object]
    text: str
    half: bool = False

    def planned(
        self, steps: int | None, seed: int, every: int | None = None, switches: str = ""
    ) -> Plan:
        """Return the plan of a run; its own steps where none are given."""
        steps, every = steps or self.plan.steps, every or self.plan.every
        return replace(self.plan, steps=steps, seed=seed, every=every, switches=switches)


def home(recipe: Described) -> str:
    """Return the folder, below `models`, of a recipe's weights."""
    return recipe.method if recipe.name == PUBLISHED else f"{recipe.method}/{recipe.name}"


def command(recipe: Described, facts: Mapping[str, str]) -> str:
    """Return the command that trains such weights, by what their file says about itself."""
    switches = "".join(f" --set {switch}" for switch in facts.get("switches", "").split())
    begin = f" --begin {facts['begin']}" if "begin" in facts else ""
    return (
        f"napari-mfif train {recipe.method} --data FOLDER --out models/{home(recipe)} "
        f"--recipe {recipe.name} --steps {facts['steps']} --seed {facts['seed']}{begin}{switches}"
    )


def keep_log(out: Path) -> None:
    """Write the log of a training, and those of stages with a folder of their own, as one."""
    logs = [out / UNFINISHED / LOG, *sorted((out / UNFINISHED).glob(f"*/{LOG}"))]
    text = "".join(log.read_text(encoding="utf-8") for log in logs)
    (out / LOG).write_text(text, encoding="utf-8")


def write_trained(
    recipe: Described,
    network: nn.Module,
    out: Path,
    plan: Plan,
    scores: Mapping[str, float],
    pictures: Pictures,
    device: str,
    *,
    facts: Mapping[str, str],
    seen: Mapping[str, str],
) -> Path:
    """Write the weights, and the card that describes them; the log is there.

    Parameters
    ----------
    recipe, network, out, plan, scores, pictures, device
        What was trained, where to, how, and what came of it.
    facts, seen : mapping of str
        What else the file of weights and the card are to say.

    Returns
    -------
    Path
        The file of weights.
    """
    facts = {"method": recipe.method, "recipe": recipe.name, **plan.facts(), **facts}
    sha256 = write_weights(network, out, facts, half=recipe.half)
    head = {
        "name": recipe.method,
        "file": FILE,
        "sha256": sha256,
        "parameters": sum(p.numel() for p in network.parameters()),
        "precision": "float16" if recipe.half else "float32",
        "licence": "BSD-3-Clause",
        **recipe.head,
        "command": command(recipe, facts),
        **({"switches": plan.switches} if plan.switches else {}),
        "optimiser": plan.optimiser,
        "rate": f"{plan.rate:g}",
        "hardware": hardware(device),
        "minutes": f"{minutes(out):.0f}",
        **{f"held_back_{name.replace(' ', '_')}": f"{v:.4f}" for name, v in scores.items()},
        **seen,
    }
    write_card(out, head, body(recipe, head, facts, source_table(pictures)))
    return out / FILE
