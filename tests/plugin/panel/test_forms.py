"""Every control, moved by mouse, wheel and keyboard, gives the value that is fused with."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QSlider
from superqt import QLargeIntSpinBox

from napari_mfif import methods
from napari_mfif.plugin import method_widget
from napari_mfif.plugin.panel.forms import Form
from napari_mfif.settings.consistency import CONSISTENCY
from napari_mfif.settings.options import ALIGNMENT, MIN_CONFIDENCE, REFERENCE
from napari_mfif.settings.parameters import Parameter

pytestmark = pytest.mark.window

DECLARED = {
    (owner, p.name): p
    for owner, parameters in (
        *((name, methods.get(name).all_parameters()) for name in methods.names()),
        ("verification", CONSISTENCY),
        ("alignment", ALIGNMENT),
    )
    for p in parameters
}
NUMBERS = {key: p for key, p in DECLARED.items() if p.kind in (int, float) and not p.choices}


def ids(declared):
    return [f"{owner}-{name}" for owner, name in declared]


@pytest.fixture
def shown(qtbot):
    """Show a form of one parameter in a window of its own."""

    def show(parameter: Parameter) -> Form:
        form = Form([parameter])
        qtbot.addWidget(form.native)
        form.native.resize(340, 60)
        form.native.show()
        qtbot.waitExposed(form.native)
        return form

    return show


def part(form: Form, *kinds: type):
    """Return the Qt widget of a kind within a form."""
    return next(w for w in form.keyboard_order() if isinstance(w, kinds))


def roll(widget, steps: int) -> None:
    """Turn the wheel over a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(0, 0),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=ids(NUMBERS))
def test_number_is_dragged(shown, parameter) -> None:
    form = shown(parameter)
    slider = part(form, QSlider)
    reached = set()
    for end in (1, slider.width() - 2, slider.width() // 2):
        begin = QPoint(slider.width() // 3, slider.height() // 2)
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=begin)
        QTest.mouseMove(slider, QPoint(end, slider.height() // 2))
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(end, slider.height() // 2))
        value = form.values()[parameter.name]
        assert type(value) is parameter.kind
        assert parameter.check(value) == value
        reached.add(value)
    assert len(reached) > 1


def test_slider_has_room_for_small_regions(shown) -> None:
    form = shown(DECLARED["verification", "small_regions"])
    slider = part(form, QSlider)
    for step in range(1, 41):  # of 200
        slider.setFocus()
        QTest.keyClick(slider, Qt.Key.Key_Right)
        assert 0 < form.values()["small_regions"] <= 0.5 * (step / 200) ** 3 * 1.1
    assert form.values()["small_regions"] == 0.004


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=ids(NUMBERS))
def test_number_is_moved_by_arrows(shown, parameter) -> None:
    form = shown(parameter)
    slider = part(form, QSlider)
    form.set_values({parameter.name: parameter.minimum})
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    QTest.keyClick(slider, Qt.Key.Key_PageUp)
    value = form.values()[parameter.name]
    assert parameter.minimum < value <= parameter.maximum
    assert type(value) is parameter.kind


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=ids(NUMBERS))
def test_number_is_shown_as_people_write_it_and_as_it_is(shown, parameter) -> None:
    form = shown(parameter)
    field = part(form, QAbstractSpinBox, QLineEdit)
    assert field.text() == f"{parameter.default:g}"
    slider = part(form, QSlider)
    slider.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageUp):
        QTest.keyClick(slider, key)
        value = form.values()[parameter.name]
        assert field.text() == f"{value:g}"
        assert float(field.text()) == value


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=ids(NUMBERS))
def test_number_is_typed(shown, parameter) -> None:
    form = shown(parameter)
    field = part(form, QLargeIntSpinBox, QLineEdit)
    wanted = parameter.kind(parameter.minimum + (parameter.maximum - parameter.minimum) / 4)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, f"{wanted:g}")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert form.values()[parameter.name] == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("parameter", NUMBERS.values(), ids=ids(NUMBERS))
def test_wheel_scrolls_the_panel_unless_the_control_has_the_focus(shown, parameter) -> None:
    form = shown(parameter)
    form.set_values({parameter.name: parameter.minimum})
    slider = part(form, QSlider)
    slider.clearFocus()
    roll(slider, 3)
    assert form.values()[parameter.name] == pytest.approx(parameter.minimum)
    QApplication.setActiveWindow(form.native)
    slider.setFocus()
    if slider.hasFocus():
        roll(slider, 3)
        assert form.values()[parameter.name] > parameter.minimum


CHOICES = {key: p for key, p in DECLARED.items() if p.choices and p.kind is str}


def test_a_number_in_place_of_a_word_is_typed(shown) -> None:
    form = shown(REFERENCE)
    words, number = part(form, QComboBox), part(form, QLargeIntSpinBox)
    words.setFocus()
    QTest.keyClick(words, Qt.Key.Key_Home)
    assert form.values()["reference"] == "first" and not number.isEnabled()
    QTest.keyClick(words, Qt.Key.Key_End)
    number.selectAll()
    QTest.keyClicks(number, "12")
    assert form.values()["reference"] == 12 and number.isEnabled()
    form.set_values({"reference": "last"})
    assert form.values()["reference"] == "last"


@pytest.mark.parametrize("parameter", CHOICES.values(), ids=ids(CHOICES))
def test_word_is_chosen_by_keyboard(shown, parameter) -> None:
    form = shown(parameter)
    box = part(form, QComboBox)
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_End)
    assert form.values()[parameter.name] == parameter.choices[-1]


SWITCHES = {key: p for key, p in DECLARED.items() if p.kind is bool}


@pytest.mark.parametrize("parameter", SWITCHES.values(), ids=ids(SWITCHES))
def test_switch_is_clicked(shown, parameter) -> None:
    form = shown(parameter)
    (box,) = form.keyboard_order()
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert form.values()[parameter.name] is not parameter.default


@pytest.mark.parametrize(
    ("parameter", "then"),
    [
        (NUMBERS["gradient", "window"], 10),
        (NUMBERS["verification", "smooth_depth"], 1),
        (MIN_CONFIDENCE, 0.505),
    ],
)
def test_every_change_is_told_once(shown, parameter, then) -> None:
    form, heard = shown(parameter), []
    form.changed.connect(lambda: heard.append(form.values()[parameter.name]))
    slider = part(form, QSlider)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert heard == [pytest.approx(then)]


def test_form_of_a_method_is_usable_alone(qtbot, slope) -> None:
    from napari_mfif import fuse

    form = method_widget("gradient")
    qtbot.addWidget(form.native)
    form.window.value = 5
    fusion = fuse(slope[0], method="gradient", **form.values())
    assert fusion.recipe.parameters["window"] == 5
