"""Editable installs find ``napari.yaml`` and ``models/`` in the repository's root too."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FINDER = """import sys
from importlib.machinery import PathFinder


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "napari_mfif":
            return None
        spec = PathFinder.find_spec(name, [{src!r}])
        if spec is not None:
            spec.submodule_search_locations.append({root!r})
        return spec


sys.meta_path.insert(0, _Finder)
"""


class EditableHook(BuildHookInterface):
    """Adds an import finder to editable installs: npe2 looks for the manifest without importing."""

    def initialize(self, version, build_data):
        """Write the finder beside the build and include it."""
        if version != "editable":
            return
        root, out = Path(self.root), Path(self.directory) / "editable"
        out.mkdir(parents=True, exist_ok=True)
        for name, text in {
            "_napari_mfif_dev.py": FINDER.format(src=str(root / "src"), root=str(root)),
            "_napari_mfif_dev.pth": "import _napari_mfif_dev\n",
        }.items():
            (out / name).write_text(text, encoding="utf-8")
            build_data["force_include_editable"][str(out / name)] = name
