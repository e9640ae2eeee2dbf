"""What we note in the metadata of layers: where they come from, what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from napari_mfif.arrays.stack import ZStack
from napari_mfif.fusion.api import Fusion
from napari_mfif.plugin.layers.telling import Telling

if TYPE_CHECKING:
    from napari_mfif.plugin.layers.origin import Origin
    from napari_mfif.plugin.layers.specs import Look
    from napari_mfif.settings.recipe import Recipe

__all__ = ["KEPT", "KEY", "LIES_ON", "Made", "Opened", "Opening", "Result", "opened", "result"]

#: Under this key the metadata of a layer hold what we know of it.
KEY = "napari_mfif"

#: Between the identity of a stack and the number of a kept result, in the `source` of its layers.
KEPT = "#kept"


#: Under this key the metadata of a layer that no fusion made hold the identity of the stack that it
#: lies on: what was drawn, or subtracted.
LIES_ON = "napari_mfif_lies_on"


@dataclass(frozen=True)
class Opening:
    """How a z-stack was opened, so that code can be written that does it again.

    Parameters
    ----------
    source : str or tuple of str
        The path, or the paths.
    keywords : mapping, optional
        What else `open_stack` was told.
    """

    source: str | tuple[str, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)


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
    opening : Opening, optional
        How the z-stack was opened.
    """

    stack: ZStack
    data: Any
    channel: int | None = None
    channel_name: str = ""
    opening: Opening | None = None

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
    took : str
        How it was made by the run, as in ``"Done in 2.9 s"``.
    origin : Origin, optional
        How the z-stack that was fused is got again.
    device : str
        What a network was asked to run on.
    preset : str
        Name of the preset whose values were taken, where they were.
    first : Recipe, optional
        How it was made by the run, where it was changed since.
    when : datetime
        When it was finished.
    telling : Telling, optional
        How much of it is decided, and why not all.
    notices : tuple of str
        What was noticed while it was made.
    """

    fusion: Fusion
    look: Look
    took: str = ""
    origin: Origin | None = None
    device: str = "auto"
    preset: str = ""
    first: Recipe | None = None
    when: datetime = field(default_factory=datetime.now)
    telling: Telling = field(default_factory=Telling)
    notices: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Say how it came to be, and how much of it is decided."""
        since = [words for words, happened in self._since().items() if happened]
        begin = " and ".join(since).capitalize() or self.took
        told = self.telling.told
        said = "; ".join(filter(None, (begin, told.decided if told is not None else "")))
        return " ".join(filter(None, (said, *self.notices)))

    @property
    def made_by(self) -> str:
        """Say what made it: preset, method and version."""
        recipe = self.fusion.recipe
        method = f"{self.preset} ({recipe.method})" if self.preset else recipe.method
        return f"{method}, napari-mfif {recipe.version}".removesuffix(", napari-mfif ")

    @property
    def changes(self) -> str:
        """Say what was done beside the method: aligning, refining, strokes."""
        count, refined = len(self.fusion.strokes), self._since()["refined"]
        done = {
            "aligned": self.fusion.recipe.align != "none",
            "refined": refined,
            "1 stroke" if count == 1 else f"{count} strokes": count > 0,
        }
        return ", ".join(words for words, happened in done.items() if happened)

    def _since(self) -> dict[str, bool]:
        """Tell what was done since the run."""
        recipe = self.fusion.recipe
        first = self.first or recipe
        refined = replace(recipe, painted=first.painted) != first
        return {"refined": refined, "painted": bool(self.fusion.strokes)}

    @property
    def source(self) -> str:
        """What its layers share: the identity of what was fused, and `KEPT` with its number."""
        return self.look.source

    @property
    def shift(self) -> float:
        """How many pixels its planes lie apart at most as they were recorded, if it was aligned."""
        shape = self.fusion.stack.plane_shape
        return max((one.excursion(shape) for one in self.fusion.transforms), default=0.0)

    @property
    def stack_name(self) -> str:
        """Name of what was fused, whether its result is kept or not."""
        return self.look.name.removesuffix(f" kept {self.source.partition(KEPT)[2]}")

    @property
    def stack_id(self) -> str:
        """Identity of what was fused, which all results of it share."""
        return self.look.source.partition(KEPT)[0]

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

    def __str__(self) -> str:
        by = f" by {self.made.made_by}" if self.made is not None else ""
        return f"{self.role} of a fusion{by}"


def opened(layer: Any) -> Opened | None:
    """Return the note of a layer that our reader made, if its pixels are still the same."""
    note, data = layer.metadata.get(KEY), layer.data
    shown = data[0] if layer.multiscale else data
    return note if isinstance(note, Opened) and note.data is shown else None


def result(layer: Any) -> Result | None:
    """Return the note of a layer that a fusion made."""
    note = layer.metadata.get(KEY)
    return note if isinstance(note, Result) else None
