"""Training of the networks: data, one loop, one recipe per network.

Nothing here imports torch before a training starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from napari_mfif.errors import ParameterError
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.training.switches import chosen

__all__ = ["RECIPES", "train"]

#: The module of each network that can be trained.
RECIPES = {
    "cnn": "napari_mfif.training.cnn",
    "fd-fcn": "napari_mfif.training.fd_fcn",
    "boundary-aware": "napari_mfif.training.boundary_aware",
    "mfif-gan": "napari_mfif.training.mfif_gan",
    "ufa-fuse": "napari_mfif.training.ufa_fuse",
    "refinement": "napari_mfif.training.refinement",
}
#: The modules of recipes other than the published ones, by method and recipe.
OTHER_RECIPES = {
    ("boundary-aware", "microscopy"): "napari_mfif.training.boundary_aware_microscopy",
    ("fd-fcn", "microscopy"): "napari_mfif.training.fd_fcn_microscopy",
    ("mfif-gan", "microscopy"): "napari_mfif.training.mfif_gan_microscopy",
}
#: The refinement has a second network; it is no method's.
REFINEMENTS = {("refinement", "depth"): "napari_mfif.training.depth_refinement"}


def train(
    method: str,
    *,
    data: str | Path,
    out: str | Path,
    steps: int | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = True,
    quiet: bool = False,
    recipe: str = "published",
    switches: Mapping[str, Any] | None = None,
    begin: str | None = None,
) -> Path:
    """Train the network of a method and write its weights and their card.

    Parameters
    ----------
    method : str
        One of `RECIPES`.
    data : path
        A folder of sharp pictures, and in its folder `masks`, where there is one, masks of their
        objects, by the same names.
    out : path
        The folder for the weights and their card; what is unfinished is kept there too, so that a
        run that was stopped goes on when it is started again.
    steps : int, optional
        Batches in all; the recipe's own number when not given.
    seed : int, optional
        Of weights, batches and held-back pictures.
    device : str, optional
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    resume : bool, optional
        Go on where a run of the same steps and seed was stopped.
    quiet : bool, optional
        Show no progress bar.
    recipe : str, optional
        ``"published"``, as the paper tells it, or ``"microscopy"``, which goes on from there with
        simulated z-stacks; ``"depth"`` for the network that refines depths.
    switches : mapping, optional
        What is to be as the paper's own comparisons had it, or in another form: see
        `napari_mfif.training.switches.SWITCHES`.
    begin : str, optional
        Weights to begin with in place of the recipe's: ``"published"``, ``"microscopy"``, or a
        folder that a training has written.

    Returns
    -------
    Path
        The file of weights.

    Raises
    ------
    ParameterError
        There is no such network or switch, or the folder holds another unfinished run.
    ReadError
        The pictures cannot be read or are too few.
    """
    if method not in RECIPES:
        raise ParameterError(unknown_name("network to train", method, RECIPES))
    modules = {"published": RECIPES[method]}
    others = OTHER_RECIPES | REFINEMENTS
    modules |= {name: module for (of, name), module in others.items() if of == method}
    if recipe not in modules:
        raise ParameterError(unknown_name("recipe", recipe, modules, of=method))
    settings = chosen(method, recipe, switches or {})
    given: dict[str, Any] = {"switches": settings} if settings else {}
    given |= {} if begin is None else {"begin": begin}
    made: Path = import_module(modules[recipe]).train(
        Path(data),
        Path(out),
        steps=steps,
        seed=seed,
        device=device,
        resume=resume,
        quiet=quiet,
        **given,
    )
    return made
