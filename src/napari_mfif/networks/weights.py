"""Find, check and load trained weights, and read the card that comes with them.

Each network has a folder ``models/<method>/`` with ``weights.safetensors`` and a card,
``README.md``, whose first lines are facts (``name: value`` between two lines of dashes), the
weights' sha256 among them. Weights come as numpy arrays: nothing here needs torch.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import WeightsError

__all__ = [
    "CARD",
    "DEPTH",
    "FILE",
    "PUBLISHED",
    "Weights",
    "folder_of",
    "load",
    "models",
    "read_card",
    "read_weights",
    "sets",
]

FILE = "weights.safetensors"
CARD = "README.md"

#: What a file of weights says of how they came about; the rest decides what they do.
HISTORY = ("method", "recipe", "plan", "steps", "seed", "switches", "begin", "begun_with")
#: Sets of weights that a method may have; the first is its own folder, others are folders in it.
PUBLISHED, MICROSCOPY, DEPTH = SETS = ("published", "microscopy", "depth")


@dataclass(frozen=True)
class Weights:
    """The trained weights of a network.

    Parameters
    ----------
    tensors : dict of array
        By the names of the network's own parameters.
    facts : dict of str
        What the file says about itself: steps, seed, what its margins mean.
    sha256 : str
        Of the file.
    """

    tensors: dict[str, NDArray[Any]]
    facts: dict[str, str]
    sha256: str

    def fingerprint(self) -> str:
        """Return a short name of all by which they fuse: other files may hold the same."""
        digest = hashlib.sha256(self.numbers().encode())
        used = {name: fact for name, fact in sorted(self.facts.items()) if name not in HISTORY}
        digest.update(json.dumps(used).encode())
        return digest.hexdigest()[:12]

    def numbers(self) -> str:
        """Return a short name of the tensors alone: what answers are worth may be measured anew."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            digest.update(name.encode() + np.ascontiguousarray(self.tensors[name]).tobytes())
        return digest.hexdigest()[:12]


def models() -> Path:
    """Return the folder of all trained weights: in the package, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    return next(
        (base / "models" for base in (package, package.parents[1]) if (base / "models").is_dir()),
        package / "models",
    )


@functools.lru_cache(maxsize=8)
def load(method: str, name: str = PUBLISHED) -> Weights:
    """Return weights of a method, checked against their card.

    Parameters
    ----------
    method : str
        Whose they are.
    name : str, optional
        A set that is shipped for the method, or the path of a folder that a training has written.

    Raises
    ------
    WeightsError
        There are none, or they are damaged.
    """
    folder = folder_of(method, name)
    if not (folder / FILE).is_file():
        if name != PUBLISHED:
            raise WeightsError(
                f'`weights="{name}"` is not there: {method} has {" and ".join(sets(method))}; a '
                f"folder of weights holds {FILE} and its card, {CARD}."
            )
        raise WeightsError(
            f"The trained weights of {method!r} are not installed. Install napari-mfif from its "
            f"wheel, or train them: napari-mfif train {method} --data FOLDER --out models/{method} "
            "(FOLDER holds sharp pictures)."
        )
    return read_weights(folder, method)


def folder_of(method: str, name: str) -> Path:
    """Return the folder that holds a set of weights, or would hold it."""
    if name not in SETS:
        return Path(name).expanduser()
    return models() / method if name == PUBLISHED else models() / method / name


def sets(method: str) -> tuple[str, ...]:
    """Return the names of the sets of weights shipped for a method."""
    return tuple(name for name in SETS if (folder_of(method, name) / FILE).is_file())


def read_weights(folder: Path, method: str) -> Weights:
    """Return the weights in a folder, checked against the sha256 on the card beside them.

    Raises
    ------
    WeightsError
        A file is missing, unreadable, or not the one that the card describes.
    """
    again = f"Install napari-mfif again, or train them: napari-mfif train {method} --data FOLDER"
    try:
        content = (folder / FILE).read_bytes()
        expected = read_card(folder)["sha256"]
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{folder / FILE} or its card cannot be read ({error}). {again}"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WeightsError(
            f"{folder / FILE} is damaged or was replaced: its sha256 is {found[:12]}..., the card "
            f"says {expected[:12]}... {again}"
        )
    return Weights(_tensors(content), _facts(content), found)


def read_card(folder: Path) -> dict[str, str]:
    """Return the facts at the head of a card."""
    lines = (folder / CARD).read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        return {}
    head = lines[1 : lines.index("---", 1)]
    pairs = (line.partition(":") for line in head)
    return {name.strip(): value.strip() for name, _, value in pairs}


def fit(weights: Weights, shapes: dict[str, tuple[int, ...]], method: str) -> None:
    """Check that weights have the names and shapes that a network has.

    Raises
    ------
    WeightsError
        They belong to another network.
    """
    found = {name: tensor.shape for name, tensor in weights.tensors.items()}
    wrong = sorted(
        name for name in found.keys() | shapes.keys() if found.get(name) != shapes.get(name)
    )
    if wrong:
        name = wrong[0]
        raise WeightsError(
            f"The weights of {method!r} belong to another network: {name} has the shape "
            f"{found.get(name)}, {shapes.get(name)} is needed ({len(wrong)} differ). Train them "
            f"with this version: napari-mfif train {method} --data FOLDER --out models/{method}"
        )


def _tensors(content: bytes) -> dict[str, NDArray[Any]]:
    import safetensors.numpy

    tensors: dict[str, NDArray[Any]] = safetensors.numpy.load(content)
    return {
        name: tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor
        for name, tensor in tensors.items()
    }


def _facts(content: bytes) -> dict[str, str]:
    """Return the metadata in a safetensors header: its length in 8 bytes, then JSON."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return dict(header.get("__metadata__", {}))
