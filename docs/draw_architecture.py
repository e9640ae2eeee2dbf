"""Draw docs/pictures/architecture.svg from the imports of the package.

usage: python docs/draw_architecture.py
"""

from __future__ import annotations

import ast
import configparser
from pathlib import Path

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "src" / "napari_mfif"
PICTURE = Path(__file__).parent / "pictures" / "architecture.svg"

#: What each folder holds, as it is written beside its box.
CONTENT = {
    "cli": "command line",
    "plugin": "napari: panel, layers, readers, writers",
    "training": "recipes of the networks",
    "simulation": "z-stacks of known depth",
    "metrics": "how good a fused image is",
    "surface": "what heights measure, meshes",
    "fusion": "fuse(), results, files, batches",
    "engine": "survey, tiles, memory budget, folding",
    "postprocess": "consistency verification, composition",
    "methods": "focus measures and decisions",
    "networks": "torch models and how planes are fed to them",
    "alignment": "registration, brightness drift",
    "kernels": "filters, noise, pyramids",
    "settings": "parameters, options, recipes, presets",
    "io": "file formats, names, axes, sizes",
    "arrays": "z-stack, lazy arrays, cache",
    "wording": "messages for Python, shell and window",
    "notices": "what is said on the way",
    "errors": "what can go wrong",
}


def layers() -> list[list[str]]:
    """Return the layers of .importlinter, the highest first."""
    contract = configparser.ConfigParser()
    contract.read(TOP / ".importlinter")
    lines = contract["importlinter:contract:layers"]["layers"].split("\n")
    return [[one.strip().split(".")[1] for one in line.split("|")] for line in lines if line]


def imports() -> set[tuple[str, str]]:
    """Return which folder imports from which other one."""
    found: set[tuple[str, str]] = set()
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).with_suffix("").parts[0]
        others = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                parts = [node.module.split(".")]
                if parts[0] == ["napari_mfif"]:
                    parts = [["napari_mfif", one.name] for one in node.names]
                others |= {one[1] for one in parts if one[0] == "napari_mfif" and len(one) > 1}
        found.update((own, other) for other in others - {own} if other in CONTENT)
    return found


def picture() -> str:
    """Return the drawing: folders in their order, an arc for every import between them."""
    names = [name for layer in layers() for name in layer]
    place = {name: 40 + 44 * row for row, name in enumerate(names)}
    height = place[names[-1]] + 40
    shapes = []
    for user, used in sorted(imports()):
        if user not in place:
            continue
        start, end = place[user], place[used]
        bend = 500 + 0.55 * abs(end - start)
        shapes.append(
            f'<path d="M500 {start}C{bend:.0f} {start} {bend:.0f} {end} 500 {end}" fill="none" '
            'stroke="#4878a8" stroke-opacity=".45" stroke-width="1.6">'
            f"<title>{user} uses {used}</title></path>"
        )
    for name in names:
        y = place[name]
        shapes.append(
            f'<rect x="10" y="{y - 16}" width="490" height="32" rx="5" fill="#f4f6f8" '
            f'stroke="#667"/><text x="22" y="{y + 5}" font-weight="bold">{name}</text>'
            f'<text x="130" y="{y + 5}" fill="#445">{CONTENT[name]}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 {height}" '
        f'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" '
        f'fill="white"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
