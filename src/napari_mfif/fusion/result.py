"""What a fusion gives: the image and the maps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.alignment import Transforms
from napari_mfif.arrays.stack import ZStack
from napari_mfif.engine.aligned import covered_area, covered_confidence, origin_of, transforms_of
from napari_mfif.engine.folded import FoldedTimepoint
from napari_mfif.engine.lazy import LazyFold
from napari_mfif.engine.lazy_arrays import arrays_of, scores_of
from napari_mfif.engine.request import check_preference
from napari_mfif.errors import ParameterError
from napari_mfif.fusion.dataset import to_xarray
from napari_mfif.fusion.doubts import Doubt, doubts_of
from napari_mfif.fusion.heights import height_where, with_heights
from napari_mfif.fusion.layers import to_layers
from napari_mfif.fusion.mending import Mended, mend, strokes, unmended
from napari_mfif.fusion.notebook import fusion_html
from napari_mfif.fusion.notes import noted
from napari_mfif.fusion.outputs import unfolded
from napari_mfif.fusion.paper_maps import difference, differences, focus_map
from napari_mfif.fusion.plotting import plot
from napari_mfif.fusion.repairs import repaired
from napari_mfif.fusion.undecided import undecided_by
from napari_mfif.fusion.writing import save, save_all, save_map
from napari_mfif.methods import registry
from napari_mfif.methods.base import Answer, FloatMap
from napari_mfif.postprocess.preference import rival
from napari_mfif.settings.consistency import complete
from napari_mfif.settings.options import HEIGHTS
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.settings.recipe import Recipe

if TYPE_CHECKING:
    import dask.array

__all__ = ["Fusion", "assemble", "lazily"]


@dataclass(frozen=True)
class Fusion:
    """One sharp image, and why each pixel is what it is.

    The image and the maps are dask arrays where ``lazy=True`` was asked for.

    Parameters
    ----------
    recipe : Recipe
        All that reproduces it.
    stack : ZStack
        What was fused.
    seconds : float
        How long it took.
    """

    recipe: Recipe
    stack: ZStack
    seconds: float = 0.0
    #: The image and its maps; those of a lazy result are made when the first is asked for.
    _arrays: dict[str, Any] = field(default_factory=dict, repr=False)
    _folded: tuple[FoldedTimepoint, ...] = field(default=(), repr=False)
    _fold: LazyFold | None = field(default=None, repr=False)
    _coarser: list[Fusion] = field(default_factory=list, repr=False)
    _mended: Mended | None = field(default=None, repr=False)

    @property
    def image(self) -> NDArray[Any]:
        """The all-in-focus image: type, colour and shape of the input without Z."""
        return self._array("image")

    @property
    def depth(self) -> FloatMap:
        """Plane with fractions, (Y, X) or (T, Y, X), float32; 0 is the first plane of `stack`.

        Files count planes of the whole z-stack where `stack` is a part: see `ZStack.numbered`.
        """
        return self._array("depth")

    @property
    def decision(self) -> NDArray[np.uint16]:
        """The plane of `stack` taken at each pixel, as `depth`, uint16."""
        return self._array("decision")

    @property
    def confidence(self) -> FloatMap:
        """Probability, 0 to 1, that the depth is right within one plane, as `depth`, float32."""
        return self._array("confidence")

    @property
    def runner_up(self) -> NDArray[np.uint16]:
        """The plane that competes with `decision`, which is there where none does; as `depth`.

        Noise does not decide between the two; ``refine(prefer="nearer")`` takes the nearer one.
        """
        return self._array("runner_up")

    def _array(self, name: str) -> NDArray[Any]:
        if self._mended is not None and not self.is_lazy and name not in self._arrays:
            self._arrays[name] = self._mended.array(name)
        elif not self._arrays and self._fold is not None:
            self._arrays.update(arrays_of(self._fold))
        array: NDArray[Any] = self._arrays[name]
        return array

    @property
    def notes(self) -> tuple[str, ...]:
        """What reading and fusing decided, in sentences; of a lazy result only the reading."""
        told = noted(self.stack, self._folded, len(self.strokes), self.recipe.channel)
        return (*self.stack.notes, *told)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What keeps depths from being believed, and where; of a lazy result nothing is known."""
        return tuple(doubts_of(self._folded, self.recipe.channel))

    @property
    def undecided(self) -> dict[str, float]:
        """Why the rest of the area is not decided: by reason its share, the largest first.

        As `doubts` nothing is known of a lazy result, nor of a given decision.
        """
        if not self._folded:
            return {}
        sure = self.recipe.min_confidence
        return undecided_by(self.confidence, self._folded, self.common_area, sure)

    @property
    def height(self) -> FloatMap:
        """The depth times the z step, in `unit`, also where it is a guess: see `height_where`."""
        height: FloatMap = self.stack.heights(self.depth)
        return height

    @property
    def unit(self) -> str:
        """Unit of `height`."""
        return self.stack.height_unit

    @property
    def transforms(self) -> tuple[Transforms, ...]:
        """Where the planes of each timepoint lie; nothing when they were not aligned."""
        return transforms_of(self.stack)

    @property
    def common_area(self) -> tuple[slice, slice]:
        """Rows and columns that all planes cover; outside of them the confidence is 0."""
        return covered_area(self.stack)

    @property
    def origin(self) -> tuple[int, int]:
        """Row and column of the planes as given where the result begins, when it was cropped."""
        return origin_of(self.stack)

    @property
    def scores(self) -> dask.array.Array:
        """The method's score map of every plane, ``(Z, Y, X)`` or ``(T, Z, Y, X)``, lazily."""
        if self._fold is None:
            raise ParameterError("This fusion was made from a given decision: it has no scores.")
        return scores_of(self._fold)

    def levels(self, name: str = "image") -> list[Any]:
        """Return a lazy result at full size and ever coarser, as napari shows it.

        The coarser ones are for looking: the stack is downsampled first, then fused, so its finest
        detail has no say. They come from the copies in the file where it has any, otherwise from
        squares of pixels.

        Parameters
        ----------
        name : str, optional
            ``"image"``, ``"depth"``, ``"decision"`` or ``"confidence"``.
        """
        known = dict.fromkeys(("image", "depth", "decision", "confidence"))
        if name not in known:
            raise ParameterError(unknown_name("map", name, known, of="a lazy fusion"))
        return [getattr(self, name), *(getattr(one, name) for one in self.coarser())]

    def coarser(self) -> list[Fusion]:
        """Return lazy results of the same stack at ever coarser resolution, as for `levels`."""
        if self._fold is None or not self.is_lazy:
            raise ParameterError("Only results made by `lazy=True` have levels.")
        if not self._coarser:
            self._coarser.extend(lazily(fold.stack, fold) for fold in self._fold.coarser())
        return self._coarser

    @property
    def is_coarser(self) -> bool:
        """Whether it is one of those that `coarser` returns."""
        return self._fold is not None and self._fold.finest is not None

    @property
    def is_lazy(self) -> bool:
        """Whether its arrays are made when they are looked at."""
        return self._fold is not None and not self._folded

    def refine(self, **consistency: Any) -> Fusion:
        """Clean up the decision with other values; no method runs again.

        Parameters
        ----------
        **consistency
            Parameters of the consistency verification, ``prefer="nearer"`` among them; those not
            given stay as they are. Also ``unsure`` and ``min_confidence``, see `height_where`.

        Returns
        -------
        Fusion
            A new one. Pixels that a method blends change only where `prefer` takes another depth.
        """
        heights = {p.name: consistency.pop(p.name) for p in HEIGHTS if p.name in consistency}
        if heights:
            return with_heights(self.refine(**consistency) if consistency else self, heights)
        if self._fold is None:
            raise ParameterError("This fusion was made from a given decision: nothing to refine.")
        if self._mended is not None:
            return mend(unmended(self).refine(**consistency), strokes(self))
        settings = complete(
            {**self.recipe.consistency, **consistency}, n_planes=self.stack.n_planes
        )
        check_preference(registry.get(self.recipe.method), settings)
        if not self._folded:
            recipe = replace(self.recipe, consistency=settings)
            return lazily(self.stack, replace(self._fold.again(), recipe=recipe))
        parts = [one.postprocessed(settings) for one in self._folded]
        recipe = replace(self.recipe, consistency=settings)
        return assemble(self.stack, parts, recipe, self._folded, self.seconds, self._fold)

    difference = difference
    differences = property(differences)
    focus_map = property(focus_map)
    height_where = height_where
    mend = mend
    _repr_html_ = fusion_html
    plot = plot
    repaired = property(repaired)
    save = save
    save_all = save_all
    save_map = save_map
    strokes = property(strokes)
    to_layers = to_layers
    to_xarray = to_xarray
    unmended = property(unmended)


def assemble(
    stack: ZStack,
    parts: list[tuple[NDArray[Any], Answer]],
    recipe: Recipe,
    folded: tuple[FoldedTimepoint, ...],
    seconds: float,
    fold: LazyFold | None = None,
) -> Fusion:
    """Bring the timepoints together in the stack's own axes."""

    def over_time(maps: list[NDArray[Any]]) -> NDArray[Any]:
        return np.stack(maps) if "T" in stack.axes else maps[0]

    confidence = over_time([answer.confidence for _, answer in parts])
    arrays = {
        "image": over_time([unfolded(pixels, stack) for pixels, _ in parts]),
        "depth": over_time([answer.depth for _, answer in parts]),
        "decision": over_time([answer.decision for _, answer in parts]),
        "confidence": covered_confidence(confidence, stack),
        "runner_up": over_time([rival(answer, answer) for _, answer in parts]),
    }
    return Fusion(recipe, stack, seconds, arrays, folded, fold)


def lazily(stack: ZStack, fold: LazyFold) -> Fusion:
    """Return a fusion whose arrays are dask arrays, made when they are looked at."""
    return Fusion(fold.recipe, stack, _fold=fold)
