"""How a network is judged while it learns: by held-back examples that are always the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
from torch import nn

__all__ = ["NOTHING", "Judge", "Look", "judge_by"]

#: Gives held-back scores of a network by name.
Judge = Callable[[nn.Module], dict[str, float]]
#: Draws an example and gives, by name, what a network makes of it: a sum and of how many.
Look = Callable[[nn.Module, np.random.Generator, int], Mapping[str, tuple[float, float]]]
#: What an example says that has nothing of a kind.
NOTHING = (0.0, 0.0)


def judge_by(look: Look, *, count: int, seed: int) -> Judge:
    """Return a judge that looks at examples and averages; the same examples at each call.

    Parameters
    ----------
    look : callable
        Gets the network, a generator to draw from, and the example's number.
    count : int
        Examples.
    seed : int
        What they are drawn from.
    """

    def judge(network: nn.Module) -> dict[str, float]:
        rng = np.random.default_rng(seed)
        sums: dict[str, float] = defaultdict(float)
        weights: dict[str, float] = defaultdict(float)
        for number in range(count):
            for name, (value, weight) in look(network, rng, number).items():
                sums[name] += float(value)
                weights[name] += float(weight)
        return {name: total / (weights[name] or 1) for name, total in sums.items()}

    return judge
