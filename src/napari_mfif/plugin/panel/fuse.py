"""The *Fuse* panel: a stack in, one sharp image and its maps out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image

from napari_mfif.fusion.api import Fusion
from napari_mfif.fusion.estimate import format_seconds
from napari_mfif.plugin.layers.metadata import Made, result
from napari_mfif.plugin.layers.multiscale import is_huge, is_large
from napari_mfif.plugin.layers.others import put_aside_others
from napari_mfif.plugin.layers.to_stack import possible_axes
from napari_mfif.plugin.panel import preferences
from napari_mfif.plugin.panel.base import Panel
from napari_mfif.plugin.panel.foresight import Expectation, Foresight
from napari_mfif.plugin.panel.fusion_thread import Request
from napari_mfif.plugin.panel.method_box import MethodBox
from napari_mfif.plugin.panel.opener import Opener
from napari_mfif.plugin.panel.recall import keep, recalled
from napari_mfif.plugin.panel.result_box import ResultBox
from napari_mfif.plugin.panel.run_box import RunBox
from napari_mfif.plugin.panel.runner import Runner
from napari_mfif.plugin.panel.stack_box import StackBox
from napari_mfif.plugin.panel.style import rule
from napari_mfif.plugin.panel.view_row import ViewRow
from napari_mfif.plugin.panel.welcome import Welcome
from napari_mfif.plugin.refining import heights_said
from napari_mfif.plugin.resizing import resize
from napari_mfif.plugin.results import results_of

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["FusePanel"]

TO_BE_ALIGNED = "The planes will be aligned: press Fuse."


class FusePanel(Panel):
    """Fuses a z-stack of the viewer in a thread and shows what comes of it as layers.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(napari_viewer)
        self.welcome = Welcome(napari_viewer)
        self.stack_box, self.method_box = StackBox(napari_viewer), MethodBox()
        self.run_box, self.result_box = RunBox(), ResultBox()
        self.foresight = Foresight(self, self._wanted)
        self.runner = Runner(napari_viewer, self)
        self.results = results_of(napari_viewer)
        self.opener = Opener(self, napari_viewer, self._teller)
        self.method_box.prefer_device(preferences.device())
        self._lay_out()
        self._connect()
        self.refresh()
        self._recall()

    def _lay_out(self) -> None:
        for widget in (self.welcome, self.stack_box, self.method_box):
            self.column.addWidget(widget)
        self.column.addStretch()
        for widget in (rule(), self.result_box, ViewRow(self.results, self.made), self.run_box):
            self.footer.addWidget(widget)

    def _connect(self) -> None:
        self.stack_box.changed.connect(self._stack_changed)
        self.stack_box.resized.connect(self._resize_result)
        for box in (self.stack_box, self.welcome):
            box.wants_to_open.connect(lambda: self.opener.ask())
            box.wants_folder.connect(lambda: self.opener.ask(folder=True))
        self.method_box.changed.connect(self._settings_changed)
        self.method_box.aligned.connect(lambda: self.run_box.show_note(TO_BE_ALIGNED))
        self.result_box.wants_picture.connect(self._save_picture)
        self.run_box.start.connect(self.start)
        self.run_box.cancel.connect(self.cancel)
        self.run_box.in_view.toggled.connect(self._settings_changed)
        self.foresight.expects.connect(self._show_expectation)
        self.foresight.drifts.connect(lambda stack, drift: self.method_box.advise(drift))
        self.runner.went.connect(self.run_box.show_running)
        self.runner.wrote.connect(self.results.tell)
        self.runner.finished.connect(self._finished)
        self.runner.failed.connect(self._failed)
        self.results.changed.connect(self._show_result)
        layers = self.viewer.layers.events
        self.listen(layers.inserted, self._layer_added)
        self.listen(layers.removed, self.refresh)
        self.listen(layers.renamed, self.refresh)

    def _layer_added(self, event: Any) -> None:
        """Turn to a stack that was just opened, unless one is being fused."""
        new = event.value
        is_stack = isinstance(new, Image) and result(new) is None and possible_axes(new)
        if is_stack:
            adds = str(new.blending) == "additive"
            if put_aside_others(self.viewer, [new], beneath=not adds):
                self.viewer.reset_view(layers=[new])
        self.refresh(choose=new if is_stack and not self.is_running() else None)

    def refresh(self, event: Any = None, *, choose: Any = None) -> None:
        """List the layers again."""
        self.stack_box.refresh(choose)
        empty = self.stack_box.is_empty()
        self.welcome.setVisible(empty)
        for widget in (self.stack_box, self.method_box):
            widget.setVisible(not empty)
        self.run_box.setVisible(not empty or self.is_running())
        self.results.tell()

    def _stack_changed(self) -> None:
        if self.is_running():
            return
        if self.stack_box.stack is not None:
            taken = self.stack_box.taken()
            self.method_box.suit(taken.n_planes)
            shape = taken.plane_shape
            self.run_box.offer_in_view(large=is_large(shape), huge=is_huge(shape))
        self.method_box.advise(0)
        self.foresight.forget_drift()
        self._settings_changed()

    def _resize_result(self, spacing: tuple[float, ...], unit: str) -> None:
        """Let the results of the stack have its sizes, too: kept ones as well."""
        box = self.stack_box
        letters = box.layer_axes().replace("S", "")
        resize(self.results, box.layers()[0], letters, spacing, unit, box.origin())

    def _settings_changed(self) -> None:
        if self.is_running():
            return
        wanted = self._wanted()
        self.run_box.show_idle(possible=wanted is not None)
        self.run_box.show_problem("")
        self.run_box.show_note("")
        self.run_box.show_estimate(self.foresight.said(wanted) if wanted else "")
        self._show_result()
        if wanted is not None:
            self.foresight.look_soon()

    def request(self) -> Request:
        """Return what the panel shows, as it would be fused now."""
        alone, preset = self.stack_box.alone(), self.method_box.preset()
        before = next(map(self.results.of, self.stack_box.layers()), None)
        return Request(
            self.stack_box.fused_stack(),
            self.method_box.name(),
            self.method_box.parameters(),
            self.method_box.consistency(),
            None if alone else self.stack_box.channel(),
            self.method_box.chosen_device(),
            preferences.memory(),
            self.method_box.is_neural() and preferences.in_own_process(),
            self.method_box.alignment_values(),
            self.run_box.fuses_in_view(),
            self.stack_box.origin(),
            preset.name if preset else "",
            heights_said(before, lazy=self.run_box.fuses_in_view()),
        )

    def _wanted(self) -> Request | None:
        """Return what could be fused now."""
        if self.is_running() or self.stack_box.stack is None or not self.method_box.can_run():
            return None
        return self.request()

    def is_running(self) -> bool:
        """Tell whether a fusion runs."""
        return self.runner.is_running()

    def start(self) -> None:
        """Fuse what is chosen."""
        if self._wanted() is None:
            return
        self.foresight.rest()
        self.stack_box.read_again()
        if (request := self._wanted()) is None:
            return
        self.runner.start(request, self.stack_box.look(), self.foresight.parts(request))
        self.run_box.show_running(0, "starting")
        self._show_result()
        self.watch_window()

    def cancel(self) -> None:
        """Stop the fusion that runs."""
        if self.is_running():
            self.runner.cancel()
            self._end_run()
            self.run_box.show_note("Cancelled. Everything is as it was before.")

    def _finished(self, made: Made) -> None:
        """Say how long the person waited."""
        self.foresight.showing = self.runner.showing
        self.results.turn_to(made)
        if isinstance(made.fusion.image, np.ndarray):
            self.results.took(made, f"Done in {format_seconds(self.runner.seconds)}")
        self._end_run()

    def _failed(self, sentence: str) -> None:
        self._end_run()
        self.run_box.show_problem(sentence)

    def _end_run(self) -> None:
        self.run_box.show_idle(possible=self.stack_box.stack is not None)
        self.refresh()  # what was opened meanwhile is not turned to, but listed
        self._show_result()
        self.foresight.look_soon()

    @property
    def fusion(self) -> Fusion | None:
        """The fusion at hand."""
        made = self.made()
        return made.fusion if made is not None else None

    def made(self) -> Made | None:
        """Return the fusion at hand: of the active layer, or of the stack that is chosen."""
        active, layers = self.viewer.layers.selection.active, self.stack_box.layers()
        for layer in ([active] if active is not None and result(active) else []) + layers[:1]:
            if (made := self.results.of(layer)) is not None:
                return made
        return None if layers else self.results.current()

    def _show_result(self) -> None:
        made = None if self.is_running() or self._ended else self.made()
        request = self._wanted_of(made)
        # that of another stack says so
        same = made is None or request is None or request.made(made.first or made.fusion.recipe)
        self.result_box.show_made(made, as_set=same)
        self.result_box.remedy(self.method_box.align if request is not None and same else None)
        self.result_box.picture.setVisible(self.viewer.dims.ndisplay == 3)

    def _wanted_of(self, made: Made | None) -> Request | None:
        """Return what could be fused now, if it is the stack of which something was made."""
        layers = self.stack_box.layers()  # none while the viewer is being emptied
        mine = made is not None and layers and str(layers[0].unique_id) == made.source
        return self._wanted() if mine else None

    def _save_picture(self) -> None:
        from napari_mfif.plugin.closer.turntable import ask_for_picture

        box, made = self.result_box, self.made()
        if made is not None:
            ask_for_picture(box, self.viewer, made, box.note, box.problem)

    def _show_expectation(self, found: Expectation) -> None:
        self.run_box.show_estimate(found.text)
        if found.problem:
            self.run_box.show_problem(found.problem)

    def showEvent(self, event: Any) -> None:
        """Watch what is dropped onto the window, once it is known."""
        super().showEvent(event)
        self.opener.watch(self.window())

    def _recall(self) -> None:
        """Set what was set when the panel of this viewer was closed."""
        kept = recalled(self.viewer)
        if kept is not None:
            self.method_box.set_state(kept["method"])
            self.stack_box.choose_again(kept["stack"])

    def _teller(self) -> Any:
        return self.welcome.tell if self.stack_box.is_empty() else self.run_box.show_problem

    def end(self) -> None:
        """Stop what runs and let go of the viewer."""
        keep(self.viewer, {"method": self.method_box.state(), "stack": self.stack_box.chosen_ids()})
        super().end()
        self.opener.end()
        self.stack_box.sizes.end()
        self.foresight.end()
        self.results.changed.disconnect(self._show_result)
        self.runner.end()
        self.welcome.end()
