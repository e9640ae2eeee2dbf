"""The methods and the fold they share.

``methods.names()`` lists them, ``methods.get(name)`` gives one with its words and parameters.
"""

from napari_mfif.methods.registry import DEFAULT, get, names

__all__ = ["DEFAULT", "get", "names"]
