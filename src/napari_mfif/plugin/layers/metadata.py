"""What we note in the metadata of layers: where they come from, what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.fusion.api import Fusion

if TYPE_CHECKING:
    from napari_mfif.plugin.layers.specs import Look

__all__ = ["KEY", "Made", "Opened", "Result", "opened", "result"]

#: Under this key the metadata of a layer hold what we know of it.
KEY = "napari_mfif"


@dataclass(frozen=True)
class Opened:
    """A layer that our reader made.

    Parameters
    ----------
    stack : ZStack
        The z-stack as it was opened.
    data : array
        The pixels given to the layer; while the layer has them still, `stack` can stand for it.
    channel : int, optional
        The channel that it shows, where the z-stack has several.
    channel_name : str, optional
        The name of that channel.
    """

    stack: ZStack
    data: Any
    channel: int | None = None
    channel_name: str = ""

    def __deepcopy__(self, memo: Any) -> Opened:
        """Stay the same when a layer is duplicated: files are not opened twice."""
        return self


@dataclass(frozen=True, eq=False)
class Made:
    """A finished fusion with all that is needed to draw it again; its layers hold it.

    Parameters
    ----------
    fusion : Fusion
        The image and its maps.
    look : Look
        How its layers look, and where they lie.
    said : str
        What is said of it: how long it took, how sure it is.
    """

    fusion: Fusion
    look: Look
    said: str = ""

    @property
    def source(self) -> str:
        """Identity of what was fused, which its layers share."""
        return self.look.source

    def __deepcopy__(self, memo: Any) -> Made:
        """Stay the same when a layer is duplicated: nothing is fused twice."""
        return self


@dataclass(frozen=True)
class Result:
    """A layer that a fusion made.

    Parameters
    ----------
    role : str
        What it shows.
    source : str
        Identity of the source layer.
    recipe : str
        How it was made, as JSON.
    made : Made, optional
        The finished fusion; nothing while it runs.
    """

    role: str
    source: str
    recipe: str
    made: Made | None = None


def opened(layer: Any) -> Opened | None:
    """Return the note of a layer that our reader made, if its pixels are still the same."""
    note, data = layer.metadata.get(KEY), layer.data
    shown = data[0] if layer.multiscale else data
    return note if isinstance(note, Opened) and note.data is shown else None


def result(layer: Any) -> Result | None:
    """Return the note of a layer that a fusion made."""
    note = layer.metadata.get(KEY)
    return note if isinstance(note, Result) else None
