"""The manifest and the weights lie at the top of the repository, and belong into the package."""

import shutil
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackageData(BuildHookInterface):
    """Puts them into a wheel; for an editable install copies the manifest, which npe2 looks for.

    Git ignores the copy. The weights are found at the top (`networks/weights.py`).
    """

    def initialize(self, version, build_data):
        """Do so before hatchling collects the files."""
        root = Path(self.root)
        if version == "editable":
            shutil.copyfile(root / "napari.yaml", root / "src" / "napari_mfif" / "napari.yaml")
            return
        for name in ("napari.yaml", "models"):
            build_data["force_include"][str(root / name)] = f"napari_mfif/{name}"
