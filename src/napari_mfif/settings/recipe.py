"""All that reproduces a fusion, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from napari_mfif.errors import ParameterError, ReadError
from napari_mfif.io.json_text import parse_json
from napari_mfif.settings.options import MIN_CONFIDENCE, REFERENCE, UNSURE
from napari_mfif.settings.parameters import unknown_name

__all__ = ["Recipe"]


#: What the entries of a recipe must be.
_KINDS: dict[str, tuple[type, ...]] = {
    "method": (str,),
    "parameters": (dict,),
    "along": (str,),
    "channel": (str, int, type(None)),
    "axes": (str, type(None)),
    "consistency": (dict,),
    "align": (str,),
    "reference": (str, int),
    "crop": (bool,),
    "painted": (dict,),
    "unsure": (str,),
    "min_confidence": (float, int),
    "version": (str,),
}


@dataclass(frozen=True)
class Recipe:
    """Method, parameters and everything else that decides the result.

    It gives the same again bit for bit on the same kind of processor with the same releases of the
    libraries; elsewhere last bits differ (docs/methods.md says by how much).

    Parameters
    ----------
    method : str
        Name of the method.
    parameters : dict
        A value for each of its parameters.
    along : str
        ``"joint"`` or ``"sequential"``.
    channel : int, str or None
        The guide channel; ``None`` for all together.
    axes : str or None
        Axes of the input, where they had to be given.
    consistency : dict
        A value for each parameter of the consistency verification.
    align : str
        How planes are brought to one another, see `napari_mfif.fuse`. On another stack their
        places are found anew.
    reference : int or str
        The plane they are brought to: a number, ``"first"``, ``"middle"`` or ``"last"``.
    crop : bool
        Whether only what all planes cover is kept.
    transforms : list of dict
        The places that were found, an entry of `Transforms` per timepoint; a record.
    painted : dict
        What a person corrected by hand, see `napari_mfif.settings.painting`; places in the
        coordinates of the planes as given.
    unsure : str
        ``"mark"``, ``"fill"`` or ``"leave"``: what becomes of heights that are not known.
    min_confidence : float
        From which confidence on they are.
    version : str
        The version of napari-mfif that made it.
    """

    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    along: str = "joint"
    channel: int | str | None = None
    axes: str | None = None
    consistency: Mapping[str, Any] = field(default_factory=dict)
    align: str = "none"
    reference: int | str = REFERENCE.default
    crop: bool = False
    transforms: Sequence[Mapping[str, Any]] = field(default_factory=list)
    painted: Mapping[str, Any] = field(default_factory=dict)
    unsure: str = UNSURE.default
    min_confidence: float = MIN_CONFIDENCE.default
    version: str = ""

    def to_json(self) -> str:
        """Return the recipe as indented JSON."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str, *, source: str = "The recipe") -> Recipe:
        """Read a recipe back.

        Raises
        ------
        ParameterError
            The text is no JSON object or has unknown entries.
        """
        return cls.from_entries(parse_json(text, source), source=source)

    @classmethod
    def from_entries(cls, entries: Any, *, source: str = "The recipe") -> Recipe:
        """Take a recipe from what its JSON holds; raises as `from_json`."""
        if not isinstance(entries, dict) or "method" not in entries:
            raise ParameterError(f'{source} is no recipe: it has no "method".')
        known = {entry.name: entry for entry in fields(cls)}
        for name in entries:
            if name not in known:
                raise ParameterError(unknown_name("entry", name, known, of="a recipe"))
        for name, kinds in _KINDS.items():
            if name in entries and not isinstance(entries[name], kinds):
                raise ParameterError(
                    f"{source} has {name}={entries[name]!r}, which is no {kinds[0].__name__}."
                )
        return cls(**entries)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the recipe as a JSON file."""
        from napari_mfif.io.atomic import replacing

        with replacing(path, overwrite=overwrite) as temporary:
            Path(temporary).write_text(self.to_json() + "\n", encoding="utf-8")
        return Path(path)

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from a JSON file, or from a result that carries one.

        Raises
        ------
        ReadError
            The file cannot be read.
        """
        try:
            if Path(path).suffix.lower() in (".tif", ".tiff"):
                from napari_mfif.io import read_recipe

                return cls.from_json(read_recipe(path), source=str(path))
            return cls.from_json(Path(path).read_text(encoding="utf-8"), source=str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ReadError(f"The recipe {path} cannot be read: {error}.") from error
