"""Write a command for each method into napari.yaml, from the registry of methods.

usage: python docs/make_manifest.py
"""

from __future__ import annotations

import re
from pathlib import Path

from napari_mfif import methods
from napari_mfif.plugin.method_commands import command_name, command_title

MANIFEST = Path(__file__).resolve().parents[1] / "napari.yaml"
BEGIN, END = "    # methods: python docs/make_manifest.py\n", "    # end of methods\n"


def commands() -> str:
    """Return the entries of all methods."""
    return "".join(
        f"    - id: napari-mfif.{command_name(name)}\n"
        f'      title: "{command_title(name)}"\n'
        f"      python_name: napari_mfif.plugin.method_commands:{command_name(name)}\n"
        for name in methods.names()
    )


def manifest() -> str:
    """Return the manifest with the commands of today's methods."""
    text = MANIFEST.read_text(encoding="utf-8")
    return re.sub(f"(?s){BEGIN}.*?{END}", lambda _: f"{BEGIN}{commands()}{END}", text)


if __name__ == "__main__":
    MANIFEST.write_text(manifest(), encoding="utf-8")
    print(MANIFEST)
