"""Commands of the palette: one for each method."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from npe2 import PluginManifest

from napari_mfif import methods
from napari_mfif.plugin import method_commands
from napari_mfif.plugin.layers.metadata import result
from napari_mfif.wording import SETTINGS

ROOT = Path(__file__).resolve().parents[2]


def test_manifest_has_the_methods_of_the_registry() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_manifest.py"))
    assert made["MANIFEST"].read_text(encoding="utf-8") == made["manifest"](), (
        "run: python docs/make_manifest.py"
    )


def test_every_command_can_be_imported() -> None:
    manifest = PluginManifest.from_file(ROOT / "napari.yaml")
    names = {one.id: one.python_name for one in manifest.contributions.commands}
    for method in methods.names():
        module, _, name = names[f"napari-mfif.{method_commands.command_name(method)}"].partition(
            ":"
        )
        assert module == method_commands.__name__
        assert callable(getattr(method_commands, name))


@pytest.mark.window
def test_command_opens_the_panel_and_fuses_by_its_method(viewer, add_relief, qtbot) -> None:
    from napari._app_model import get_app_model

    add_relief()
    get_app_model().commands.execute_command("napari-mfif.fuse_by_gradient").result()
    ((name, panel),) = viewer.window.dock_widgets.items()
    # by this title napari's menu finds it again
    manifest = PluginManifest.from_file(ROOT / "napari.yaml")
    assert name == f"Fuse ({manifest.display_name})"
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=60_000)
    assert '"gradient"' in result(viewer.layers["in focus · pollen"]).recipe


@pytest.mark.window
def test_command_leaves_a_run_alone(panel, add_relief, slow, qtbot) -> None:
    add_relief()
    panel.method_box.method.setCurrentIndex(panel.method_box.method.findData("gradient"))
    panel.start()
    method_commands.fuse_by(panel.viewer, "guided")
    assert panel.method_box.name() == "gradient"
    assert "is running" in panel.run_box.note.text()
    slow.set()
    qtbot.waitUntil(lambda: not panel.is_running(), timeout=60_000)


@pytest.mark.window
def test_command_without_a_stack_shows_the_panel(viewer) -> None:
    method_commands.fuse_by(viewer, "gradient")
    (panel,) = viewer.window.dock_widgets.values()
    assert panel.welcome.isVisibleTo(panel)
    assert not panel.is_running()


def test_preferences_say_what_their_defaults_mean_and_messages_name_them():
    manifest = PluginManifest.from_file(ROOT / "napari.yaml")
    (page,) = manifest.contributions.configurations.values()
    fields = page.properties.values()
    for one in fields:
        assert f"({one.default}: " in one.title  # as in "Memory in GB (0: half of what is free)"
    named = [control for _, control in SETTINGS.values() if control.startswith("Preferences")]
    assert named
    for control in named:
        name = control.removeprefix("Preferences > Focus stacking > ")
        assert any(one.title.startswith(name) for one in fields)
