"""What can be compared: the results of a stack, and pictures that lie beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

from napari_mfif.errors import ParameterError
from napari_mfif.fusion.naming import method_title, own_values, preset_name
from napari_mfif.plugin.layers.metadata import KEPT, KEY, Made
from napari_mfif.plugin.results import Results
from napari_mfif.wording import sign_of

__all__ = [
    "VIEWS",
    "Piece",
    "Side",
    "View",
    "all_sides",
    "common_strokes",
    "laid_over",
    "not_offered",
    "sides_of",
]


@dataclass(frozen=True)
class View:
    """One thing that results show, and what it is called.

    Parameters
    ----------
    title : str
        In the box.
    role : str
        Of the layers that show it; ``"image"`` stands for a layer per channel.
    """

    title: str
    role: str


VIEWS = (
    View("Image", "image"),
    View("Height", "height"),
    View("Plane taken", "plane taken"),
    View("Confidence", "confidence"),
)


@dataclass(frozen=True)
class Side:
    """A result, or a picture made otherwise.

    Parameters
    ----------
    key : str
        The `source` of a result, the identity of a picture's layer.
    name : str
        What it is called.
    made : Made, optional
        The result.
    picture : Layer, optional
        The layer of a picture.
    """

    key: str
    name: str
    made: Made | None = None
    picture: Any = None

    def facts(self) -> tuple[str, str, str]:
        """Return method, preset and time, where they are known."""
        if self.made is None:
            return "", "", ""
        recipe = self.made.fusion.recipe
        preset = preset_name(recipe, self.made.fusion.stack)
        return method_title(recipe), preset or "own values", f"{self.made.when:%Y-%m-%d %H:%M:%S}"

    def state(self) -> tuple[Any, ...]:
        """Return what changes when it is made anew: when and how it was made, and its heights."""
        if self.made is None:
            return (self.key,)
        stack = self.made.fusion.stack
        return self.key, self.made.when, self.made.fusion.recipe, stack.z_step, stack.unit

    def title(self) -> str:
        """Return its name and how it was made, in few words: boxes are narrow."""
        return f"{self.name}: {self.made_by()}" if self.made is not None else self.name

    def made_by(self) -> str:
        """Return preset or method, the values that are somebody's own, and what was done since."""
        if self.made is None:
            return ""
        recipe, stack = self.made.first or self.made.fusion.recipe, self.made.fusion.stack
        preset = self.made.preset or preset_name(recipe, stack)
        words = [preset] if preset else [method_title(recipe), *own_values(recipe)]
        return ", ".join(filter(None, [*words, self.made.changes]))

    def words_for(self, view: View, channel: int = 0, time: int = 0) -> str:
        """Return what a view shows: its unit, the channel and timepoint where there are several."""
        words = [view.title.lower()]
        if self.made is None:
            return words[0]
        channels, stack = self.made.look.channels, self.made.fusion.stack
        if unit := self.unit_of(view):
            words[0] += f" ({unit})"
        if view.role == "image" and len(channels) > 1:
            words.append(channels[channel])
        if stack.n_times > 1:
            words.append(f"timepoint {time}")
        return ", ".join(words)

    def unit_of(self, view: View) -> str:
        """Return the unit of the values of a view; nothing where they have none."""
        if self.made is None or view.role != "height":
            return ""
        return sign_of(self.made.fusion.unit)

    def is_there(self) -> bool:
        """Tell whether all of it has been made, not only where one looked."""
        if self.made is None:
            return not self.picture.multiscale and isinstance(self.picture.data, np.ndarray)
        return isinstance(self.made.fusion.image, np.ndarray)

    def layers(self, results: Results, view: View) -> list[Any]:
        """Return the layers that show it: a picture shows the same whatever is asked for."""
        if self.made is None:
            return [self.picture]
        names = [view.role]
        if view.role == "image":
            names = [f"image{c}" for c in range(self.made.fusion.stack.n_channels)]
        found = (results.layer(self.made, name) for name in names)
        return [layer for layer in found if layer is not None]

    def piece(self, results: Results, view: View, channel: int = 0) -> Piece:
        """Return where its pixels are read that are in sight.

        Raises
        ------
        ParameterError
            Its layer is gone.
        """
        layers = self.layers(results, view)
        if not layers:
            raise ParameterError(f"{self.name} has no layer {view.title.lower()} any more.")
        return piece_of(results.viewer, layers[min(channel, len(layers) - 1)])


@dataclass(frozen=True)
class Piece:
    """Rows and columns of a layer, still to be read: that can be done in any thread.

    Parameters
    ----------
    data : array
        All pixels of the layer.
    index : tuple of int
        Where its other axes stand.
    scale, translate : (float, float)
        Where rows and columns lie.
    """

    data: Any
    index: tuple[int, ...]
    scale: tuple[float, ...]
    translate: tuple[float, ...]

    def read(self) -> NDArray[Any]:
        """Return (Y, X) or (Y, X, S)."""
        return np.asarray(self.data[self.index])

    @property
    def time(self) -> int:
        """The timepoint, where there are several; z is the only other axis that a result has."""
        return self.index[0] if self.index else 0


def piece_of(viewer: Any, layer: Any) -> Piece:
    """Return what is in sight of a layer: of axes besides rows and columns where sliders are."""
    data = layer.data[0] if layer.multiscale else layer.data
    here = layer.world_to_data(np.asarray(viewer.dims.point)[-layer.ndim :])
    leading = tuple(
        int(np.clip(np.round(place), 0, length - 1))
        for place, length in zip(here[:-2], data.shape, strict=False)
    )
    places = (tuple(map(float, values[-2:])) for values in (layer.scale, layer.translate))
    return Piece(data, leading, *places)


def all_sides(results: Results) -> list[Side]:
    """Return all results, the newest first, then the pictures of two axes."""
    made = sorted(results.all(), key=lambda made: made.when, reverse=True)
    found = [Side(one.source, _named(one), one) for one in made]
    for layer in results.viewer.layers:
        if isinstance(layer, Image) and layer.ndim == 2 and KEY not in layer.metadata:
            found.append(Side(str(layer.unique_id), layer.name, picture=layer))
    return found


def sides_of(results: Results, stack_id: str) -> list[Side]:
    """Return what can be compared with results of a stack: the results of others are left out."""
    return [
        side for side in all_sides(results) if side.made is None or side.made.stack_id == stack_id
    ]


def not_offered(results: Results, stack_id: str) -> str:
    """Say of which other stacks there are results, and how one gets at them."""
    others = {one.stack_id: one.stack_name for one in results.all() if one.stack_id != stack_id}
    if not others:
        return ""
    *most, last = others.values()
    told = f"{', '.join(most)} and {last}" if most else last
    return f"Results of {told} are of another stack: choose one of its layers to compare those."


def _named(made: Made) -> str:
    """Return a short name: what is compared is of one stack."""
    number = made.source.partition(KEPT)[2]
    return f"kept {number}" if number else "newest"


def common_strokes(first: Side, second: Side) -> str:
    """Say how much was painted alike in both: there one compares one's own work."""
    if first.made is None or second.made is None or first.key == second.key:
        return ""
    others = second.made.fusion.strokes
    count = sum(stroke in others for stroke in first.made.fusion.strokes)
    if not count:
        return ""
    told = "The same stroke is" if count == 1 else f"The same {count} strokes are"
    return f"{told} in both: what was painted there is not the methods'."


def laid_over(
    first: Piece, second: Piece, names: tuple[str, str]
) -> tuple[NDArray[Any], NDArray[Any], tuple[int, int]]:
    """Return what two pieces have in common, and where in the first it begins.

    Those of one size lie on each other. Others are brought together by where their layers lie, as
    that of a cropped result does.

    Parameters
    ----------
    first, second : Piece
        What is compared.
    names : (str, str)
        For the message.

    Raises
    ------
    ParameterError
        Sizes and places do not fit.
    """
    a, b = first.read(), second.read()
    if a.shape[:2] == b.shape[:2]:
        return a, b, (0, 0)
    apart = np.subtract(second.translate, first.translate)
    offset = np.round(apart / first.scale).astype(int)
    begin = np.maximum(offset, 0)
    end = np.minimum(a.shape[:2], offset + b.shape[:2])
    if not np.allclose(first.scale, second.scale, rtol=1e-3) or (end <= begin).any():
        told = zip(names, (a, b), strict=True)
        sizes = [f"{name} has {x.shape[1]} x {x.shape[0]} pixels" for name, x in told]
        raise ParameterError(
            f"{' and '.join(sizes)}, and they do not lie on one another: nothing can be compared."
        )
    in_a = tuple(slice(*pair) for pair in zip(begin, end, strict=True))
    in_b = tuple(slice(*pair) for pair in zip(begin - offset, end - offset, strict=True))
    return a[in_a], b[in_b], (int(begin[0]), int(begin[1]))
