"""The layers of a fusion as something to paint on: written in place, a rectangle at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer

from napari_mfif.engine.part import Part
from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.heights import settled_heights
from napari_mfif.fusion.mending import changed_regions, part_of
from napari_mfif.methods.base import Region
from napari_mfif.plugin.layers.metadata import Made, result
from napari_mfif.plugin.layers.multiscale import levels_of
from napari_mfif.plugin.results import Results
from napari_mfif.plugin.timers import single_shot

__all__ = ["Canvas"]

#: What is drawn again while one paints: at most so often, and with so many times the pause.
SHORTEST, LONGEST, PAUSES = 0.015, 0.5, 3.0


class Canvas(QObject):
    """Writes parts of a result into its layers, and has those that are seen drawn again.

    Parameters
    ----------
    results : Results
        Knows the layers.
    made : Made
        Whose layers they are.
    """

    def __init__(self, results: Results, made: Made) -> None:
        super().__init__()
        self._results, self._made = results, made
        #: The axes of the layers, a letter each.
        self.letters = letters_of(made)
        self._recipe = made.fusion.recipe
        self._arrays: dict[str, NDArray[Any]] = {}
        self._soon = single_shot(self, self._draw)
        self._cost = 0.0
        self._ended = False
        #: Layers whose drawing can wait, since nothing is seen of them.
        self.unseen: tuple[str, ...] = ()

    def layers(self) -> Iterator[tuple[str, Any]]:
        """Yield what can be painted on, and what it shows; some may have been deleted."""
        channels = range(self._made.fusion.stack.n_channels)
        for role in ("confidence", "plane taken", "height", *(f"image{c}" for c in channels)):
            layer = self._results.layer(self._made, role)
            if layer is not None and isinstance(finest(layer), np.ndarray):
                yield role, layer

    def is_complete(self) -> bool:
        """Tell whether all layers show this fusion, and none an older one still."""
        notes = (result(layer) for _, layer in self.layers())
        return all(note is not None and note.made is self._made for note in notes)

    def shown(self) -> dict[str, NDArray[Any]]:
        """Return what the layers show, which belongs to the fusion."""
        return {role: finest(layer) for role, layer in self.layers()}

    def lay_out(self, copies: dict[str, NDArray[Any]], done: Callable[[], object]) -> None:
        """Give the layers copies, which may be written into: one per turn of the event loop."""
        self._arrays = copies
        waiting = [(role, layer) for role, layer in self.layers() if role in copies]

        def give_next() -> None:
            if self._ended:
                return
            if not waiting:
                done()
                return
            role, layer = waiting.pop(0)
            layer.data = levels_of(copies[role], colour=bool(getattr(layer, "rgb", False)))
            QTimer.singleShot(0, give_next)

        give_next()

    def is_shown(self) -> bool:
        """Tell whether the layers, also those that came later, show what is written here."""
        return all(
            role in self._arrays and np.may_share_memory(finest(layer), self._arrays[role])
            for role, layer in self.layers()
        )

    def end(self) -> None:
        """Draw no more."""
        self._ended = True
        self._soon.stop()

    def position(self, coordinates: Sequence[float]) -> tuple[int, float, float]:
        """Return timepoint, row and column of a place in a layer's own coordinates."""
        place = dict(zip(self.letters, coordinates, strict=False))
        return round(place.get("T", 0)), float(place["Y"]), float(place["X"])

    def pixel(self) -> tuple[float, float]:
        """Return height and width of a pixel as napari's brush has them: the shorter one is 1."""
        found = self._results.layer(self._made, "plane taken")
        sides = (1.0, 1.0) if found is None else tuple(abs(float(n)) for n in found.scale)
        height, width = (sides[self.letters.index(axis)] for axis in "YX")
        shorter = min(height, width)
        return (height / shorter, width / shorter) if shorter else (1.0, 1.0)

    def write(self, t: int, region: Region, part: Part) -> None:
        """Write a part of the result into all layers; may be done in any thread."""
        index = self._index(t, region)
        turned = self.letters.index("X") < self.letters.index("Y")
        for role, array in self._arrays.items():
            values = self._values(role, part)
            values = values.swapaxes(0, 1) if turned else values
            if role == "height" and self._recipe.unsure == "fill":
                # what is not known follows from the whole map, see `fill_heights`
                known = part.confidence >= np.float32(self._recipe.min_confidence)
                values = np.where(known.T if turned else known, values, array[index])
            array[index] = values

    def show_difference(self, before: Fusion, after: Fusion) -> None:
        """Write where two fusions of one run differ; may be done in any thread."""
        for t, region in changed_regions(before, after):
            self.write(t, region, part_of(after, t, region))

    def needs_filling(self) -> bool:
        """Tell whether heights that are not known are filled in from those around them."""
        return self._recipe.unsure == "fill" and "height" in self._arrays

    def fill_heights(self, fusion: Fusion) -> None:
        """Fill in the heights that are not known; may be done in any thread."""
        whole = Region.whole(fusion.stack.plane_shape)
        heights = fusion.height_where()
        rows_last = self.letters.index("X") < self.letters.index("Y")
        for t, plane in enumerate(heights if "T" in fusion.stack.axes else [heights]):
            place = self._index(t, whole)
            self._arrays["height"][place] = plane.T if rows_last else plane

    def _index(self, t: int, region: Region) -> tuple[Any, ...]:
        place: dict[str, Any] = {"T": t, "Y": region.slices[0], "X": region.slices[1]}
        return tuple(place.get(letter, 0) for letter in self.letters)

    def plane_at(self, coordinates: Sequence[float]) -> int | None:
        """Return the number of the plane taken at a place in a layer's own coordinates."""
        labels = self._arrays.get("plane taken")
        if labels is None:
            return None
        index = tuple(round(float(n)) for n in coordinates)
        inside = all(0 <= n < length for n, length in zip(index, labels.shape, strict=True))
        return int(labels[index]) - 1 if inside else None

    def draw_soon(self) -> None:
        """Have what is seen drawn again, as often as the window can bear."""
        if not self._soon.isActive():
            pause = min(LONGEST, max(SHORTEST, PAUSES * self._cost))
            self._soon.start(int(1000 * pause))

    def draw(self) -> None:
        """Have what is seen drawn again in the event loop's next turn, thumbnails too."""
        if not self._ended:
            self._soon.start(0)

    def _draw(self) -> None:
        began = time.perf_counter()
        for role, layer in self.layers():
            if layer.visible and role not in self.unseen:
                layer.refresh(extent=False, highlight=False, thumbnail=False)
        self._cost = time.perf_counter() - began

    def _values(self, role: str, part: Part) -> NDArray[Any]:
        stack = self._made.fusion.stack
        if role == "plane taken":
            taken: NDArray[Any] = stack.numbered(part.decision)
            return np.asarray(taken + taken.dtype.type(1))
        if role == "confidence":
            return part.confidence
        if role == "height":
            heights: NDArray[Any] = stack.heights(part.depth)
            if self._recipe.unsure == "mark":
                return settled_heights(heights, part.confidence, self._recipe)
            return heights
        channel, samples = int(role.removeprefix("image")), stack.n_samples
        bands = part.pixels[..., channel * samples : (channel + 1) * samples]
        return bands if "S" in stack.axes else bands[..., 0]


def finest(layer: Any) -> Any:
    """Return what a layer shows, at full size."""
    return layer.data[0] if layer.multiscale else layer.data


def letters_of(made: Made) -> str:
    """Return the axes of the layers of a fusion, a letter each, without colour."""
    letters = made.look.placement.letters
    own = "TYX" if "T" in made.fusion.stack.axes else "YX"
    return letters[min(letters.index(letter) for letter in own) :]
