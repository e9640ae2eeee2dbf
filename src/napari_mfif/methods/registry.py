"""The one list of methods. A new method is one file and one line here."""

from __future__ import annotations

from importlib import import_module

from napari_mfif.errors import ParameterError
from napari_mfif.methods.base import Method
from napari_mfif.settings.parameters import unknown_name

__all__ = ["DEFAULT", "get", "names"]

#: Module and class of every method, the default first.
METHODS = {
    "adaptive": "adaptive.method:Adaptive",
    "gradient": "gradient:Gradient",
    "laplacian": "laplacian:Laplacian",
    "guided": "guided:Guided",
    "cnn": "neural.cnn:Cnn",
    "fd-fcn": "neural.fd_fcn:FdFcn",
    "boundary-aware": "neural.boundary_aware:BoundaryAware",
    "mfif-gan": "neural.mfif_gan:MfifGan",
    "ufa-fuse": "neural.ufa_fuse:UfaFuse",
}

DEFAULT = "adaptive"


def names() -> tuple[str, ...]:
    """Return the names of all methods, the default first."""
    return tuple(METHODS)


def get(name: str) -> Method:
    """Return a method by name; its module is imported now, torch is not.

    Raises
    ------
    ParameterError
        There is no such method.
    """
    if name not in METHODS:
        raise ParameterError(unknown_name("method", name, METHODS, of=""))
    module, _, kind = METHODS[name].partition(":")
    made: Method = getattr(import_module(f"napari_mfif.methods.{module}"), kind)()
    return made
