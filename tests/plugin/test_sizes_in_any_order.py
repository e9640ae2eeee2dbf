"""Sizes typed at any time reach all that lies on a stack, and napari says nothing of units."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from painter import WAIT, Hand, choose_method
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_mfif.plugin.closer.drawn import MEASURED
from napari_mfif.plugin.layers.metadata import LIES_ON, result

pytestmark = [pytest.mark.window, pytest.mark.drawn]


def typed(field, text):
    """Type into a field, and leave it by Return."""
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


class Bench:
    """One stack, and all that is done with it."""

    def __init__(self, panel, source, qtbot):
        self.panel, self.source, self.qtbot = panel, source, qtbot
        self.viewer = panel.viewer
        self.begun = len(notification_manager.records)
        panel.stack_box.sizes.fold.open()

    def type_sizes(self, z_step, pixel):
        sizes = self.panel.stack_box.sizes
        typed(sizes.z_step, str(z_step))
        typed(sizes.pixel, str(pixel))

        def follow():
            made = self.panel.results.all()
            return all(one.fusion.stack.z_step == z_step for one in made)

        self.qtbot.waitUntil(follow, timeout=WAIT)
        self.qtbot.wait(150)  # until all has been drawn
        np.testing.assert_allclose(self.source.scale, (z_step, pixel, pixel))
        self.check()

    def check(self):
        """See that all lies on the stack and that nothing was said."""
        said = [one.message for one in notification_manager.records[self.begun :]]
        assert not said
        for layer in self.ours():
            assert tuple(layer.units) == tuple(self.source.units)[-layer.ndim :], layer.name
            np.testing.assert_allclose(layer.scale[-2:], self.source.scale[-2:])

    def ours(self):
        layers = list(self.viewer.layers)
        return [one for one in layers if result(one) or LIES_ON in one.metadata]


def test_all_follows_sizes_typed_again_and_again(panel, dock, add_relief, fused, paint, qtbot):
    source = add_relief(scale=(1, 1, 1), units="pixel", translate=(0, 0, 0))
    bench = Bench(panel, source, qtbot)
    compare, look = dock("Compare"), dock("Look closer")
    choose_method(panel, "gradient")
    fused(panel)
    bench.type_sizes(2, 0.5)
    panel.stack_box.sizes._draw()
    region = panel.stack_box.sizes._shapes()
    region.add_rectangles([[10, 20], [70, 110]])
    qtbot.waitUntil(lambda: panel.stack_box.taken().plane_shape != (97, 131), timeout=WAIT)
    part = panel.stack_box.taken().plane_shape
    bench.type_sizes(3, 0.25)
    assert panel.stack_box.taken().plane_shape == part  # the rectangle lies where it lay
    fused(panel)
    bench.type_sizes(4, 0.5)
    panel.stack_box.sizes.region.setCurrentIndex(0)
    panel.stack_box.sizes._part_changed()
    qtbot.waitUntil(compare.keep_button.isEnabled, timeout=WAIT)
    compare.keep()
    fused(panel)
    qtbot.waitUntil(lambda: len(compare.sides) == 2, timeout=WAIT)
    bench.type_sizes(2, 0.3)
    compare.show_difference()
    qtbot.waitUntil(lambda: "on average" in compare.note.text(), timeout=WAIT)
    bench.type_sizes(3, 0.2)
    compare.look(2)
    bench.type_sizes(4, 0.3)
    compare.look(3)
    panel.viewer.layers.selection.active = source
    qtbot.waitUntil(lambda: look.line.heights is not None, timeout=WAIT)
    look.line.drawn.draw("add_line")
    look.regions.drawn.draw("add_rectangle")
    drawn = [layer for layer in panel.viewer.layers if MEASURED in layer.metadata]
    assert len(drawn) == 2
    bench.type_sizes(2, 0.4)
    hand = Hand(paint, qtbot)
    panel.viewer.layers.selection.active = source
    qtbot.waitUntil(paint.start.isEnabled, timeout=WAIT)
    hand.paint_on()
    bench.type_sizes(3, 0.5)
    panel.viewer.dims.set_point(0, 15)  # micrometres
    for told in (paint.box.about, look.mouse.slider):
        assert told.text().startswith("On the z slider: plane 5 of 0-6.")
    hand.press(paint.start)
    look.surface._toggle(True)
    qtbot.waitUntil(lambda: look.surface.view.is_on, timeout=WAIT)
    bench.type_sizes(5, 0.5)
    qtbot.waitUntil(lambda: not look.surface.view.busy, timeout=WAIT)
    bench.check()
    look.surface.view.leave()
    qtbot.waitUntil(lambda: look.surface.view.layer is None, timeout=WAIT)
    bench.type_sizes(2, 0.5)


def test_result_of_a_region_lies_on_its_stack_when_sizes_change(panel, add_relief, fused, qtbot):
    source = add_relief(scale=(1, 1, 1), units="pixel", translate=(0, 5, 6))
    choose_method(panel, "gradient")
    box = panel.stack_box.sizes
    bench = Bench(panel, source, qtbot)
    box._draw()
    box._shapes().add_rectangles([[10, 20], [70, 110]])
    qtbot.waitUntil(lambda: panel.stack_box.taken().plane_shape == (61, 91), timeout=WAIT)
    fused(panel)
    box.region.setCurrentIndex(0)  # what is typed while another part is chosen holds as well
    box._part_changed()
    bench.type_sizes(2, 0.5)
    made = panel.results.all()[0]
    image, heights = (panel.results.layer(made, role) for role in ("image0", "height"))
    for layer in (image, heights):
        np.testing.assert_allclose(
            layer.data_to_world((0, 0)), source.data_to_world((0, 10, 20))[1:]
        )
    assert made.fusion.unit == "um" and "µm" in heights.name
    assert made.look.placement.scale == (2, 0.5, 0.5)


def test_sizes_typed_while_a_rectangle_is_still_to_be_drawn(panel, add_relief, fused, qtbot):
    source = add_relief(scale=(1, 1, 1), units="pixel", translate=(0, 0, 0))
    choose_method(panel, "gradient")
    bench = Bench(panel, source, qtbot)
    fused(panel)
    panel.stack_box.sizes._draw()
    assert panel.stack_box.stack is None
    bench.type_sizes(2, 0.5)
    assert panel.results.all()[0].origin.spacing is None  # the layer itself has them


@pytest.mark.parametrize("with_result", [False, True])
def test_one_goes_on_looking_at_the_same_pixels(panel, add_relief, fused, qtbot, with_result):
    source = add_relief(scale=(1, 1, 1), units="pixel", translate=(0, 0, 0))
    choose_method(panel, "gradient")
    if with_result:
        fused(panel)
    viewer = panel.viewer
    viewer.dims.set_point(0, 5)
    viewer.scene.camera.center, viewer.scene.camera.zoom = (0, 40, 60), 7
    bench = Bench(panel, source, qtbot)
    bench.type_sizes(5, 1.6)
    assert source.world_to_data(viewer.dims.point)[0] == pytest.approx(5)
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], (64, 96))
    assert viewer.scene.camera.zoom * 1.6 == pytest.approx(7)
