"""Files of microscopes, by the field's own libraries: CZI, LIF, ND2, and what bioio reads.

The libraries are optional. Each has a module that answers two questions: which scenes a file holds,
and what one plane of them looks like; nothing else is known of a format here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.io.axes import FileAxes
from napari_mfif.io.choosing import uniquely
from napari_mfif.io.pages import COPY_AGAIN
from napari_mfif.io.sizes import NO_SIZES, Sizes

__all__ = ["FORMATS", "Format", "Scene", "VendorFile", "format_of", "scenes_in", "several_planes"]


@dataclass(frozen=True)
class Format:
    """A kind of file that a library reads.

    Parameters
    ----------
    name : str
        What it is called.
    endings : tuple of str
        How names of such files end.
    magics : tuple of bytes
        How such files begin; none where only bioio can tell.
    package : str
        What has to be installed, as pip is told it.
    module : str
        Our module that speaks to it.
    instruments : str
        Who writes such files.
    """

    name: str
    endings: tuple[str, ...]
    magics: tuple[bytes, ...]
    package: str
    module: str
    instruments: str


EXTRA = "'napari-mfif[formats]'"

#: First bytes of ND2, and of the older kind, a JPEG 2000.
ND2 = (b"\xda\xce\xbe\x0a", b"\0\0\0\x0cjP  ")

FORMATS = (
    Format("CZI", (".czi",), (b"ZISRAWFILE",), EXTRA, "czi", "Zeiss ZEN"),
    Format("LIF", (".lif",), (b"\x70\x00\x00\x00",), EXTRA, "lif", "Leica LAS X, LAS AF"),
    Format("ND2", (".nd2",), ND2, EXTRA, "nd2", "Nikon NIS-Elements"),
    Format("VSI", (".vsi",), (), "bioio bioio-bioformats", "bioio", "Olympus and Evident"),
    Format("OIR", (".oir",), (), "bioio bioio-bioformats", "bioio", "Olympus and Evident"),
    Format("OIB, OIF", (".oib", ".oif"), (), "bioio bioio-bioformats", "bioio", "Olympus FluoView"),
    Format("ZVI", (".zvi",), (), "bioio bioio-bioformats", "bioio", "Zeiss AxioVision"),
    Format("DV", (".dv", ".r3d"), (), "bioio bioio-dv", "bioio", "DeltaVision"),
    Format("IMS", (".ims",), (), "bioio bioio-bioformats", "bioio", "Imaris, Andor Fusion"),
    Format("LOF", (".lof", ".xlif"), (), "bioio bioio-bioformats", "bioio", "Leica LAS X"),
)


@dataclass(frozen=True)
class Scene:
    """One image of a file.

    Parameters
    ----------
    name : str
        What the file calls it.
    axes : FileAxes
        Its axes, those of a frame last: two, or three where the last is ``S``.
    dtype : numpy.dtype
        Type of the pixels.
    sizes : Sizes, optional
        What is known of lengths.
    channels : tuple of str, optional
        A name per channel.
    key : object
        What the library needs to find it again.
    note : str, optional
        What was decided on the way.
    """

    name: str
    axes: FileAxes
    dtype: np.dtype[Any]
    sizes: Sizes = NO_SIZES
    channels: tuple[str, ...] = ()
    key: Any = None
    note: str = ""


class VendorFile(Protocol):
    """An open file."""

    def scenes(self) -> list[Scene]:
        """Return its images, without reading pixels."""

    def frame(self, scene: Scene, place: Mapping[str, int]) -> NDArray[Any]:
        """Read one frame, the last two or three axes, at a place along the others."""

    def close(self) -> None:
        """Close it."""


def format_of(path: Path, start: bytes) -> Format | None:
    """Return the format of a file, by its first bytes; by its name where only that tells."""
    for one in FORMATS:
        by_name = not one.magics and path.name.lower().endswith(one.endings)
        if by_name or (one.magics and start.startswith(one.magics)):
            return one
    return None


def opened(path: Path, kind: Format) -> VendorFile:
    try:
        module = import_module(f"napari_mfif.io.vendor_{kind.module}")
    except ImportError as error:
        raise ReadError(
            f"{path} is a {kind.name} file ({kind.instruments}), which needs another package: "
            f"python -m pip install {kind.package}. Or export it as OME-TIFF."
        ) from error
    opened: Callable[[Path], VendorFile] = module.open_file
    return opened(path)


@contextmanager
def in_words(path: Path, kind: Format) -> Iterator[None]:
    """Turn whatever a library raises into a sentence."""
    try:
        yield
    except ReadError:
        raise
    except MemoryError as error:
        raise ReadError(
            f"{path} says that it holds more than there is memory for. {COPY_AGAIN} Or export it "
            "as OME-TIFF."
        ) from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise ReadError(
            f"{path} is damaged, or of a kind of {kind.name} that is not read ({reason:.200}). "
            f"{COPY_AGAIN} Or export it as OME-TIFF."
        ) from error


def scenes_in(path: Path, kind: Format) -> list[Scene]:
    """Return the images of a file.

    Raises
    ------
    ReadError
        It is damaged, or its library is missing.
    """
    with in_words(path, kind):
        file = opened(path, kind)
        try:
            return file.scenes()
        finally:
            file.close()


def several_planes(scene: Scene) -> bool:
    """Tell whether a scene is a z-stack."""
    sizes = dict(zip(scene.axes.letters, scene.axes.lengths, strict=True))
    return sizes.get("Z", 1) > 1 and {"Y", "X"} <= set(sizes)


def named(scenes: list[Scene]) -> list[Scene]:
    """Give numbers to the later ones of equal names."""
    names = uniquely([scene.name for scene in scenes], " ")
    return [replace(scene, name=name) for scene, name in zip(scenes, names, strict=True)]
