"""One loop for all networks: steps, progress, checkpoints to go on from, held-back scores.

A step draws its batch from ``(seed, step)`` alone, so a run that was stopped and started again
goes on with the batches it would have had.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from napari_mfif.errors import ParameterError
from napari_mfif.io.atomic import replacing
from napari_mfif.networks.precision import best_precision
from napari_mfif.training.judge import Judge
from napari_mfif.training.plan import Plan

__all__ = ["CHECKPOINT", "LOG", "Loss", "log", "minutes", "run", "scored", "take_step"]

#: Gives the loss of a batch, drawn from the generator that it is handed.
Loss = Callable[[nn.Module, np.random.Generator], Tensor]

CHECKPOINT = "checkpoint.pt"
LOG = "training.jsonl"
#: When the program began, nearly.
BEGAN = time.perf_counter()


def run(
    network: nn.Module,
    loss: Loss,
    judge: Judge,
    plan: Plan,
    folder: Path,
    *,
    resume: bool = True,
    quiet: bool = False,
) -> dict[str, float]:
    """Train a network in place and return its last held-back scores.

    Parameters
    ----------
    network : Module
        With its first weights, on its device.
    loss : callable
        Gives the loss of one batch, drawn from the generator it is handed. Where it has a method
        ``progress``, this is told before each step which share of the steps is done.
    judge : callable
        Gives held-back scores by name.
    plan : Plan
        How long and how fast.
    folder : Path
        Where checkpoint and log are kept.
    resume : bool, optional
        Go on from the checkpoint of the same plan, where there is one.
    quiet : bool, optional
        Show no progress bar.

    Raises
    ------
    ParameterError
        The checkpoint in the folder belongs to another plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = plan.optimiser_of(network)
    first = _resume(network, optimiser, plan, folder) if resume else 0
    if first == 0:
        (folder / LOG).write_text("", encoding="utf-8")
    scores: dict[str, float] = {}
    bar = tqdm(
        range(first, plan.steps), initial=first, total=plan.steps, disable=quiet, file=sys.stderr
    )
    network.train()
    tell = getattr(loss, "progress", None)
    values: list[float] = []
    for step in bar:
        if tell is not None:
            tell(step / plan.steps)
        value = take_step(network, optimiser, loss, plan, step)
        values.append(value)
        bar.set_postfix(
            loss=f"{value:.4f}", **{k: f"{v:.4f}" for k, v in scores.items()}, refresh=False
        )
        if (step + 1) % plan.every == 0 or step + 1 == plan.steps:
            scores = scored(network, judge)
            log(folder, {"step": step + 1, "loss": float(np.mean(values)), **scores})
            values.clear()
            _save(network, optimiser, plan, step + 1, folder)
    return scores or scored(network, judge)


def take_step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    loss: Loss,
    plan: Plan,
    step: int,
) -> float:
    """Learn from one batch; return its loss."""
    for group in optimiser.param_groups:
        group["lr"] = plan.rate_at(step)
    optimiser.zero_grad(set_to_none=True)
    with _precision(network, plan):
        value = loss(network, np.random.default_rng([plan.seed, 2, step]))
    value.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(value.detach())


def _precision(network: nn.Module, plan: Plan) -> torch.autocast:
    """Return the context in which a batch is computed."""
    device = next(network.parameters()).device.type
    able = plan.mixed and best_precision(device) == torch.bfloat16
    return torch.autocast(device, torch.bfloat16, enabled=able)


def scored(network: nn.Module, judge: Judge) -> dict[str, float]:
    """Return held-back scores of a network that is being trained."""
    network.eval()
    with torch.no_grad():
        scores = judge(network)
    network.train()
    return scores


def minutes(folder: Path) -> float:
    """Return how long a training took, by its log, all parts of it together."""
    lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
    seconds = [float(json.loads(line).get("seconds", 0)) for line in lines]
    # Each part counts from its own beginning.
    ends = [now for now, after in zip(seconds, [*seconds[1:], 0.0], strict=True) if after <= now]
    return sum(ends) / 60


def log(folder: Path, entry: dict[str, float]) -> None:
    """Add a line to the log, with the seconds since the program began."""
    entry = {**entry, "seconds": round(time.perf_counter() - BEGAN, 1)}
    with (folder / LOG).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def _facts(plan: Plan) -> dict[str, Any]:
    same = ("steps", "seed", "rate", "decay")  # the rest comes with the version
    facts = {name: getattr(plan, name) for name in same}
    return facts | ({"switches": plan.switches} if plan.switches else {})


def _save(
    network: nn.Module, optimiser: torch.optim.Optimizer, plan: Plan, step: int, folder: Path
) -> None:
    state = {
        "plan": _facts(plan),
        "step": step,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    with replacing(folder / CHECKPOINT, overwrite=True) as unfinished:
        torch.save(state, unfinished)


def _resume(network: nn.Module, optimiser: torch.optim.Optimizer, plan: Plan, folder: Path) -> int:
    path = folder / CHECKPOINT
    if not path.is_file():
        return 0
    state = torch.load(path, map_location="cpu", weights_only=True)
    if state["plan"] != _facts(plan):
        raise ParameterError(
            f"{path} belongs to another run ({state['plan']}). Give the same steps, seed and "
            "switches to go on with it, give another folder, or start anew with --fresh."
        )
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])
