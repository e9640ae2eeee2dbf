"""The *Refine* panel: the fusion at hand, cleaned up otherwise as the slider moves."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from napari.layers import Image
from qtpy.QtWidgets import QHBoxLayout

from napari_mfif.fusion.refining import can_refine
from napari_mfif.plugin.before import KEY, Before
from napari_mfif.plugin.latest import Latest
from napari_mfif.plugin.layers.metadata import Made
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.opened import open_fuse_panel
from napari_mfif.plugin.panel.refine_box import RefineBox
from napari_mfif.plugin.panel.repairs_row import RepairsRow
from napari_mfif.plugin.panel.style import button, hint, say, trouble
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.plugin.refining import SIDES, in_view, previewed, refined, unknown, values_of
from napari_mfif.plugin.results import results_of
from napari_mfif.plugin.timers import single_shot

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["RefinePanel"]

#: From so many pixels on what is in view is refined first.
LARGE = 1_500_000
#: Milliseconds without a movement after which all of a large result is refined.
SETTLE = 300
#: Milliseconds after which it is said that something is at work.
LONG = 400

NOTHING = "Fuse a z-stack first: what comes of it is refined here."
LAZY = (
    "This fusion is made where you look, so its clean-up is set before it is made, in the Fuse "
    "panel. What becomes of unsure places can be changed here."
)
GIVEN = "This fusion was made from given planes: there is nothing to clean up."


class RefinePanel(Panel):
    """Dock widget that cleans up the fusion at hand otherwise; no method runs again.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.results = results_of(napari_viewer)
        self.made: Made | None = None
        self._own: WeakSet[Made] = WeakSet()
        #: What layers hold while only what is in view of them has been refined, and held before.
        self._drafts: dict[str, tuple[Any, Any]] = {}
        self.what, self.why, self.problem, self.note = hint(), hint(), trouble(), hint()
        self.box, self.repairs = RefineBox(), RepairsRow(self.results)
        self._whole = Latest(refined, self._put, self.tell, self, between=True)
        self._first = Latest(previewed, self._put_first, self.tell, self, between=True)
        self._count = Latest(unknown, lambda found: say(self.box.share, found[1]), parent=self)
        self._step = 0
        self._settle = single_shot(self, self._refine_all, SETTLE)
        self._long = single_shot(self, self._say_at_work, LONG)
        self.before = Before(self.results, self._say_before, self)
        self.held = button(
            "Before", f"Hold it, or the key {KEY.upper()}, to see how it was before."
        )
        self.back = button("Reset", "Take back all that was changed here.", self.reset)
        self._lay_out()
        self._connect()
        self._show_made(None)
        self.refresh()

    def _lay_out(self) -> None:
        for widget in (self.what, self.why, self.box, self.repairs):
            self.column.addWidget(widget)
        self.column.addStretch()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addStretch()
        row.addWidget(self.held)
        row.addWidget(self.back)
        for widget in (self.problem, self.note):  # above the buttons, which stay where they are
            self.footer.addWidget(widget)
        self.footer.addWidget(ViewRow(self.results))
        self.footer.addLayout(row)

    def _connect(self) -> None:
        self.box.changed.connect(self._changed)
        self.results.changed.connect(self.refresh)
        self.repairs.without.connect(self._fuse_without)
        self.held.pressed.connect(self.before.press)
        self.held.released.connect(self.before.release)

    def refresh(self) -> None:
        """Turn to the fusion at hand."""
        made = self.results.current()
        same = made is not None and self.made is not None and made.source == self.made.source
        known = made is self.made or (same and made in self._own)
        if made is not self.made:
            self.before.forget()
        self.made = made
        self.repairs.show_made(made)
        if not known:
            self._settle.stop()
            self._show_made(made)
        changed = made is not None and made.first is not None
        for one in (self.held, self.back):
            one.setEnabled(changed)

    def _show_made(self, made: Made | None) -> None:
        say(self.problem, "")
        self.box.setVisible(made is not None)
        say(self.what, "" if made is None else made.look.name)
        if made is None:
            say(self.why, NOTHING)
            return
        fusion = made.fusion
        possible = can_refine(fusion)
        say(self.why, "" if possible else LAZY if fusion.is_lazy else GIVEN)
        self.box.offer(fusion, cleaning=possible)
        self.box.show_values(values_of(fusion.recipe))
        self._count.ask(made)

    def _changed(self) -> None:
        """Refine; of a large result first what is in view."""
        if self.made is None:
            return
        self.watch_window()
        say(self.problem, "")
        self._long.start()
        fusion = self.made.fusion
        if prod(fusion.stack.plane_shape) > LARGE and can_refine(fusion, partly=True):
            self._refine_first(self.made)
            self._settle.start()
        else:
            self._refine_all()

    def _refine_first(self, made: Made, step: int = 0) -> None:
        """Refine the middle of what is in view: a small one, then a larger one."""
        layers = {role: one for role, one in self._layers(made).items() if one.visible}
        shape = made.fusion.stack.plane_shape
        region = next((in_view(one, shape, SIDES[step]) for one in layers.values()), None)
        if region is None or self.viewer.dims.ndisplay == 3:
            return
        time, letters = 0, made.look.placement.letters
        if "T" in made.fusion.stack.axes:
            time = int(self.viewer.dims.current_step[letters.index("T") - len(letters)])
        shown = {r: list(one.data) if one.multiscale else one.data for r, one in layers.items()}
        own = [role for role, one in layers.items() if self._is_draft(role, one)]
        self._step = step
        self._first.ask(made, self.box.values(), region, time, shown, own)

    def _layers(self, made: Made) -> dict[str, Any]:
        images = [f"image{c}" for c in range(made.fusion.stack.n_channels)]
        roles = (*images, "height", "plane taken", "confidence")
        layers = {role: self.results.layer(made, role) for role in roles}
        return {role: layer for role, layer in layers.items() if layer is not None}

    def _put_first(self, found: tuple[Made, dict[str, Any]]) -> None:
        made, new = found
        waiting = self._settle.isActive() or self._whole.busy
        if self.results.current() is made and waiting:
            for role, layer in self._layers(made).items():
                if role in new and self._is_draft(role, layer):
                    layer.refresh(extent=False)
                elif role in new:
                    before, layer.data = layer.data, new[role]
                    self._drafts[role] = layer.data, before
            if not self._first.outdated and self._step + 1 < len(SIDES):
                self._refine_first(made, self._step + 1)

    def _is_draft(self, role: str, layer: Any) -> bool:
        return role in self._drafts and layer.data is self._drafts[role][0]

    def _refine_all(self) -> None:
        if self.made is not None:
            self._whole.ask(self.made, self.box.values())

    def _put(self, found: tuple[Made, Made]) -> None:
        made, new = found
        current = self.results.current()
        if current is None or (current is not made and current not in self._own):
            return  # it was fused or painted on meanwhile
        self.before.release()
        self._own.add(self.results.replace(new, new.fusion, self._shown))
        self._count.ask(new)

    def _shown(self) -> None:
        if self._ended:  # layers may be written to the end after the panel was closed
            return
        self._drafts.clear()
        self._long.stop()
        say(self.note, "")

    def reset(self) -> None:
        """Take back all that was changed since the run."""
        if self.made is not None and self.made.first is not None:
            self.box.show_values(values_of(self.made.first))
            self._changed()

    def tell(self, sentence: str) -> None:
        """Show what went wrong."""
        self._shown()
        say(self.problem, sentence)

    def _say_at_work(self) -> None:
        say(self.note, "At work\N{HORIZONTAL ELLIPSIS}")

    def _say_before(self, before: bool) -> None:
        say(self.note, "As it was before." if before else "")

    def _fuse_without(self) -> None:
        """Set the *Fuse* panel so that a run replaces no pixel."""
        window = getattr(self.viewer, "window", None)
        if window is None or self.made is None:
            return
        source = self.results.source_layer(self.made)
        panel = open_fuse_panel(self.viewer)
        if isinstance(source, Image):
            panel.refresh(choose=source)
        panel.method_box.advanced_form.set_values({"repair_hot_pixels": False})
        panel.method_box.advanced.open()
        panel.run_box.show_note("Pixels will be left as they are: press Fuse.")

    def end(self) -> None:
        """Stop what runs and let go of the viewer."""
        for timer in (self._settle, self._long):
            timer.stop()
        self.before.end()
        self.repairs.end()
        for role, layer in (self._layers(self.made) if self.made else {}).items():
            if self._is_draft(role, layer):
                layer.data = self._drafts[role][1]
        for work in (self._whole, self._first, self._count):
            work.stop()
        self.results.changed.disconnect(self.refresh)
        super().end()
