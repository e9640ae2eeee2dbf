"""Surfaces as files that other programs read: STL, PLY, OBJ and CSV."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif import __version__
from napari_mfif.errors import WriteError
from napari_mfif.io.atomic import check_target, replacing
from napari_mfif.surface.table import save_table

if TYPE_CHECKING:
    from napari_mfif.surface.mesh import Mesh

__all__ = ["FORMATS", "save_mesh"]

#: The endings, and what they hold.
FORMATS = {
    ".stl": "the shape alone",
    ".ply": "the shape and a colour per vertex",
    ".obj": "the shape and the image",
    ".csv": "x, y and z of the vertices",
}


def save_mesh(mesh: Mesh, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a surface, as `Mesh.save` does.

    Raises
    ------
    WriteError
        The ending is none of `FORMATS`, or the file cannot be written.
    """
    target = Path(path)
    kind = target.suffix.lower()
    if kind not in FORMATS:
        known = ", ".join(f"{ending} ({what})" for ending, what in FORMATS.items())
        raise WriteError(f"{target.name} has no ending of a surface. Write {known}.")
    if kind == ".csv":
        x, y, z = mesh.vertices.T
        lateral = mesh.lateral_unit
        columns = {f"x ({lateral})": x, f"y ({lateral})": y, f"z ({mesh.unit})": z}
        return save_table(target, columns, overwrite=overwrite)
    contents = {".stl": _stl, ".ply": _ply, ".obj": _obj}[kind](mesh, target)
    for beside in contents:
        check_target(beside, overwrite=overwrite)
    for beside, content in contents.items():
        with replacing(beside, overwrite=overwrite) as unfinished:
            unfinished.write_bytes(content)
    return target


def _note(mesh: Mesh) -> str:
    """Say what the numbers mean, which none of the formats has a place for."""
    sides = f"x and y in {mesh.lateral_unit}, z in {mesh.unit}"
    return f"napari-mfif {__version__}: {sides}".replace("\N{MICRO SIGN}", "u")


def _stl(mesh: Mesh, target: Path) -> dict[Path, bytes]:
    from trimesh.exchange.stl import export_stl

    written: bytes = export_stl(_trimesh(mesh))
    # a program that finds "solid" at the beginning takes the file for text
    return {target: _note(mesh).encode("ascii", "replace")[:80].ljust(80) + written[80:]}


def _ply(mesh: Mesh, target: Path) -> dict[Path, bytes]:
    from trimesh.exchange.ply import export_ply

    written: bytes = export_ply(_trimesh(mesh, vertex_colors=mesh.colours))
    start, rest = written.split(b"\nelement", 1)
    noted = start + f"\ncomment {_note(mesh)}".encode("ascii", "replace")
    return {target: noted + b"\nelement" + rest}


def _obj(mesh: Mesh, target: Path) -> dict[Path, bytes]:
    from PIL import Image
    from trimesh.exchange.obj import export_obj
    from trimesh.visual import TextureVisuals
    from trimesh.visual.material import SimpleMaterial

    name = re.sub(r"\s", "_", target.stem)  # a name ends at a space there
    white = [255, 255, 255, 255]
    material = SimpleMaterial(Image.fromarray(mesh.texture), ambient=white, diffuse=white)
    material.name = name
    text, others = export_obj(
        _trimesh(mesh, visual=TextureVisuals(uv=mesh.uv, material=material)),
        include_normals=False,
        return_texture=True,
        mtl_name=f"{name}.mtl",
        header=_note(mesh),
    )
    # the surface last: it names the others
    return {**{target.with_name(n): c for n, c in others.items()}, target: text.encode()}


def _trimesh(mesh: Mesh, **look: Any) -> Any:
    from trimesh import Trimesh

    return Trimesh(mesh.vertices, mesh.faces, process=False, **look)
