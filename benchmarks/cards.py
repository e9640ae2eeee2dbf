"""What a training measures besides its scores, of the shipped weights: for their cards.

usage: python benchmarks/cards.py METHOD...

Prints, for each, a sample of the answers and the section on half precision. On a processor without
instructions for half precision it takes minutes.
"""

from __future__ import annotations

import sys
from typing import Any

from napari_mfif.methods import registry
from napari_mfif.training.measured import check_scores, half_precision, half_words


def main(methods: list[str]) -> None:
    """Print them."""
    for name in methods or [name for name in registry.names() if registry.get(name).neural]:
        method: Any = registry.get(name)
        network, _ = method.network.shipped()
        print(f"{name}\ncheck_scores: {check_scores(method.network(network))}", flush=True)
        seen = half_precision(method, network)
        print(*(f"{fact}: {value}" for fact, value in seen.items()), sep="\n")
        print(half_words(seen), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
