"""The height as a surface in 3D, with the image on it; and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Surface
from qtpy.QtCore import QObject, QTimer, Signal

from napari_mfif.fusion.layers import layer_name
from napari_mfif.plugin.closer.place import time_shown
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import KEY, Made, Result
from napari_mfif.plugin.layers.solid import Paint, Solid, Wish, solid, texture_of
from napari_mfif.plugin.per_viewer import OnePerViewer
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["ROLE", "View3D", "show_in_3d", "view_3d"]

#: What the layer shows, as layers of a fusion note it.
ROLE = "surface"

#: How far from straight above one looks at it at first, and from how far to the right, in degrees.
TILT, TURN = 50.0, 20.0


def show_in_3d(viewer: ViewerModel, made: Made) -> View3D:
    """Show a fusion as a surface; when the viewer goes back to 2D it is as it was before."""
    view = view_3d(viewer)
    view.show(made)
    return view


class View3D(QObject):
    """Shows the height of a fusion as a surface, and gives the viewer back as it was.

    Get the one of a viewer by `view_3d`.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    """

    #: A surface came, changed or went.
    changed = Signal()
    #: Why there is none.
    failed = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.viewer = viewer
        self.results = results_of(viewer)
        self.wish = Wish()
        self.solid: Solid | None = None
        self.made: Made | None = None
        self._time = 0
        self._before: dict[str, Any] | None = None
        self._shapes = Latest(_shaped, self._draw, self.failed.emit, self)
        self._textures = Latest(texture_of, self._colour, self.failed.emit, self)
        viewer.dims.events.ndisplay.connect(self._turned)
        viewer.dims.events.point.connect(self._slid)
        self.results.changed.connect(self._follow)

    @property
    def layer(self) -> Any | None:
        """The layer of the surface, while it is there."""
        return None if self.made is None else self.results.layer(self.made, ROLE)

    @property
    def is_on(self) -> bool:
        """Whether a surface is looked at."""
        return self._before is not None

    @property
    def busy(self) -> bool:
        """Whether something is being made."""
        return self._shapes.busy or self._textures.busy

    def show(self, made: Made) -> None:
        """Make the surface of a fusion in a thread, then look at it."""
        wish = self.wish_of(made)
        self._time = wish.time
        self._shapes.ask(made, wish)

    def leave(self) -> None:
        """Go back to where one was."""
        self._shapes.stop()
        self._textures.stop()
        self.viewer.dims.ndisplay = 2

    def ask(self, **wish: Any) -> None:
        """Change what is wished: `Wish.exaggeration`, `Wish.light`, `Wish.min_confidence`."""
        before, self.wish = self.wish, replace(self.wish, **wish)
        if self.made is None or self.layer is None or self.solid is None:
            return
        shape = (self.wish.min_confidence, self.wish.fill)
        if shape != (before.min_confidence, before.fill):
            self.show(self.made)
            return
        if self.wish.exaggeration != before.exaggeration:
            _stretch(self.layer, self.solid, self.wish.exaggeration)
        if self.wish.first_on_top != before.first_on_top:
            self.turn(TURN)
        if self.wish.light or before.light:
            self._textures.ask(self.made, self.wish_of(self.made))

    def _slid(self, event: Any = None) -> None:
        """Show the timepoint that the slider shows."""
        if self.is_on and self.made and time_shown(self.viewer, self.made) != self._time:
            self.show(self.made)

    def _colour(self, texture: Any) -> None:
        if self.layer is not None:
            self.layer.texture = texture

    def wish_of(self, made: Made) -> Wish:
        """Complete what is wished by what is seen: the timepoint, and how the image looks."""
        layers = [
            self.results.layer(made, f"image{c}") for c in range(made.fusion.stack.n_channels)
        ]
        paints: tuple[Paint, ...] = ()
        if made.fusion.stack.n_samples == 1 and None not in layers:
            paints = tuple(
                Paint(one.colormap, tuple(one.contrast_limits), one.gamma)  # type: ignore[union-attr]
                for one in layers
            )
        return replace(self.wish, time=time_shown(self.viewer, made), paints=paints)

    def _draw(self, shaped: tuple[Made, Solid]) -> None:
        made, found = shaped
        if self.results.layer(made, "image0") is None and self.results.source_layer(made) is None:
            return  # all is gone meanwhile
        if self._before is None:
            self._before = _seen(self.viewer)
        self.made, self.solid = made, found
        layer = self.layer
        if layer is not None and layer.ndim == found.vertices.shape[1]:
            layer.texcoords = None  # those of other vertices do not fit
            for name in ("units", "scale", "translate"):
                setattr(layer, name, found.options[name])
            layer.data = (found.vertices, found.faces)
            layer.texture, layer.texcoords = found.texture, found.texcoords
        else:
            layer = self._added(made, found)
        self._note(layer, made)
        _stretch(layer, found, self.wish.exaggeration)
        self._enter(layer)
        self.changed.emit()

    def _added(self, made: Made, found: Solid) -> Any:
        options = {name: value for name, value in found.options.items() if name != "affine"}
        layer = Surface(
            (found.vertices, found.faces),
            texture=found.texture,
            texcoords=found.texcoords,
            shading="none",
            name=layer_name("surface", made.look.name),
            visible=False,
            **options,
        )
        self.viewer.layers.append(layer)
        return layer

    def _enter(self, layer: Any) -> None:
        """Hide everything else and look at the surface from above."""
        if self.viewer.dims.ndisplay == 3 and layer.visible:
            return
        for one in self.viewer.layers:
            one.visible = one is layer
        self.viewer.layers.selection.active = layer
        self.viewer.dims.order = tuple(range(self.viewer.dims.ndim))
        self.viewer.dims.ndisplay = 3
        self.reset_camera()

    def reset_camera(self) -> None:
        """Look at the whole surface from the front and above."""
        self.viewer.reset_view(margin=0.3)
        self.turn(TURN)

    def turn(self, turn: float, tilt: float = TILT) -> None:
        """Look at it from a side: degrees from the front, and from straight above."""
        around, down = np.radians(turn), np.radians(tilt)
        up = -1.0 if self.wish.first_on_top else 1.0  # the way along z that leads upwards
        ahead = np.array([0, -np.cos(around), np.sin(around)])
        above = np.array([up, 0, 0])
        camera = self.viewer.scene.camera
        camera.orientation = ("away" if self.wish.first_on_top else "towards", "down", "right")
        camera.set_view_direction(
            tuple(np.sin(down) * ahead - np.cos(down) * above),
            tuple(np.cos(down) * ahead + np.sin(down) * above),
        )

    def _turned(self, event: Any = None) -> None:
        """Give the viewer back as it was, when somebody goes back to 2D."""
        if self._before is None or self.viewer.dims.ndisplay == 3:
            return
        before, self._before = self._before, None
        self._shapes.stop()
        self._textures.stop()
        if self.layer is not None:
            self.layer.visible = False
        _see(self.viewer, before)
        # napari is in the midst of changing; the layer would stretch its sliders
        QTimer.singleShot(0, lambda: self._take_away(before["point"]))

    def _take_away(self, point: tuple[float, ...]) -> None:
        if self._before is not None:
            return
        if self.layer is not None:
            self.viewer.layers.remove(self.layer)
        self.made = self.solid = None
        if len(point) == self.viewer.dims.ndim:
            self.viewer.dims.point = point
        self.changed.emit()

    def _follow(self) -> None:
        """Draw the surface again when its fusion was refined; go back when it is gone."""
        if self.made is None or self._before is None:
            return
        if self.layer is None:
            self.leave()
            return
        image = self.results.layer(self.made, "image0")
        now = None if image is None else self.results.of(image)
        if now is not None and now is not self.made:
            self.made = now
            self._note(self.layer, now)
            self.results.tell()
            self.show(now)

    def _note(self, layer: Any, made: Made) -> None:
        """Let the layer hold its fusion, and what takes it away again."""
        note = Result(ROLE, made.source, made.fusion.recipe.to_json(), made)
        layer.metadata = {KEY: note, f"{KEY}_view": self}

    def __deepcopy__(self, memo: Any) -> View3D:
        """Stay the same when the layer is duplicated."""
        return self


def _shaped(made: Made, wish: Wish) -> tuple[Made, Solid]:
    return made, solid(made, wish)


def _seen(viewer: ViewerModel) -> dict[str, Any]:
    """Note what one sees, and from where."""
    camera = viewer.scene.camera
    return {
        "visible": {layer: layer.visible for layer in viewer.layers},
        "camera": (camera.orientation, camera.angles, camera.center, camera.zoom),
        "active": viewer.layers.selection.active,
        "order": viewer.dims.order,
        "point": viewer.dims.point,
    }


def _see(viewer: ViewerModel, before: dict[str, Any]) -> None:
    """Show what was noted, as far as it is still there."""
    for layer, visible in before["visible"].items():
        if layer in viewer.layers:
            layer.visible = visible
    if before["active"] in viewer.layers:
        viewer.layers.selection.active = before["active"]
    if len(before["order"]) == viewer.dims.ndim:
        viewer.dims.order = before["order"]
    camera = viewer.scene.camera
    camera.orientation, camera.angles, camera.center, camera.zoom = before["camera"]


def _stretch(layer: Any, found: Solid, factor: float) -> None:
    """Scale heights about their middle, so that the surface stays where it is.

    By the affine transform: setting scale and place one after the other would draw twice.
    """
    heights = found.vertices[:, found.z]
    middle = float(heights.min() + heights.max()) / 2
    middle = found.options["translate"][found.z] + found.options["scale"][found.z] * middle
    higher = np.eye(len(found.options["scale"]) + 1)
    higher[found.z, found.z] = factor
    higher[found.z, -1] = middle * (1 - factor)
    layer.affine = np.asarray(found.options.get("affine", np.eye(len(higher)))) @ higher


#: What shows surfaces in a viewer: the same one for all panels.
view_3d = OnePerViewer(View3D)
