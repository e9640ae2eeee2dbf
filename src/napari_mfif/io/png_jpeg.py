"""Planes in PNG and JPEG files."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError
from napari_mfif.io.pages import COPY_AGAIN, unreadable

__all__ = ["Picture", "open_picture"]

#: Samples of each colour type of PNG: grey, RGB, palette (read as RGB), grey and alpha, RGBA.
PNG_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}

#: Markers that begin a frame of JPEG and hold its size (not DHT, JPG and DAC, which lie between).
JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

#: Bytes at either end of a file that are read on opening.
END = 2**16


@dataclass(frozen=True, slots=True)
class Picture:
    """A plane in a PNG or JPEG file; alpha is left out where `with_alpha` does not ask for it.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        ``(Y, X)`` or ``(Y, X, 3)``; with alpha one sample more.
    dtype : numpy.dtype
        8 or 16 bits, unsigned.
    alpha : bool
        The file has an alpha sample as well.
    turned : bool
        The file asks viewers to turn or mirror it, which is not done here.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    alpha: bool = False
    turned: bool = False

    def with_alpha(self) -> Picture:
        """Return the same plane with its alpha as last sample."""
        colours = self.shape[2] if len(self.shape) == 3 else 1
        return replace(self, shape=(*self.shape[:2], colours + 1))

    @property
    def block_shape(self) -> tuple[int, int]:
        """The file is decoded whole."""
        return self.shape[0], self.shape[1]

    def read(
        self, top: int, bottom: int, left: int = 0, right: int | None = None, step: int = 1
    ) -> NDArray[Any]:
        """Read every `step`-th row, `top` to `bottom` (exclusive), of columns `left` to `right`."""
        import imagecodecs

        data = _bytes(self.path)
        png = data.startswith(b"\x89PNG")
        try:
            pixels = (imagecodecs.png_decode if png else imagecodecs.jpeg_decode)(data)
        except Exception as error:
            raise _damaged(self.path, str(error)) from error
        if pixels.ndim > len(self.shape):
            pixels = pixels[..., 0]
        if pixels.shape[:2] != self.shape[:2] or pixels.ndim != len(self.shape):
            raise _damaged(self.path, f"it holds {pixels.shape} instead of {self.shape}")
        part = pixels[top:bottom:step, left:right]
        return np.asarray(part[..., : self.shape[2]] if part.ndim == 3 else part)


def open_picture(path: Path) -> Picture:
    """Read size and type of a PNG or JPEG file, and see that it is complete.

    Only its beginning and its end are read.

    Raises
    ------
    ReadError
        It is neither, is truncated, or holds colours that are not RGB.
    """
    head, tail, start = _ends(path)
    form = _png if head.startswith(b"\x89PNG") else _jpeg
    try:
        try:
            picture = form(path, head, tail, start)
        except (struct.error, IndexError):
            whole = _bytes(path)
            picture = form(path, whole, whole, 0)
    except (struct.error, IndexError) as error:
        raise _damaged(path, "its header is not whole") from error
    if not all(picture.shape):
        raise _damaged(path, f"its size is {picture.shape}")
    return picture


def _ends(path: Path) -> tuple[bytes, bytes, int]:
    """Read the first and the last bytes of a file, and say where the last ones start."""
    try:
        with open(path, "rb") as file:
            head = file.read(END)
            start = max(file.seek(0, 2) - END, 0)
            file.seek(start)
            return head, file.read(), start
    except OSError as error:
        raise unreadable(path, error) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def _damaged(path: Path, reason: str) -> ReadError:
    return ReadError(f"{path} is truncated or damaged: {reason}. {COPY_AGAIN}")


def _png(path: Path, head: bytes, tail: bytes, _: int) -> Picture:
    width, height, bits, kind = struct.unpack(">IIBB", head[16:26])
    if b"IEND" not in tail[-64:]:
        raise _damaged(path, "the end of the picture is missing")
    samples = PNG_SAMPLES.get(kind, 0)
    shape = (height, width) if samples == 1 else (height, width, samples)
    transparent = b"tRNS" in head[: head.find(b"IDAT")]
    dtype = np.dtype(np.uint16 if bits == 16 else np.uint8)
    return Picture(path, shape, dtype, kind in (4, 6) or transparent)


def _jpeg(path: Path, head: bytes, tail: bytes, start: int) -> Picture:
    place, size, turned = 2, None, False
    while True:
        while head[place] == 0xFF and head[place + 1] == 0xFF:
            place += 1
        marker, length = struct.unpack(">xBH", head[place : place + 4])
        body = head[place + 4 : place + 2 + length]
        if marker == 0xE1 and body.startswith(b"Exif"):
            turned = _exif_orientation(body[6:]) not in (None, 1)
        if marker in JPEG_FRAMES:
            size = struct.unpack(">BHHB", body[:6])
        if marker == 0xDA:
            break
        place += 2 + length
    if size is None:
        raise _damaged(path, "it has no size")
    # a thumbnail before the picture has an end mark of its own
    last = tail.rfind(b"\xff\xd9")
    if (last < 0 or start + last < place) and _bytes(path).rfind(b"\xff\xd9") < place:
        raise _damaged(path, "the end of the picture is missing")
    bits, height, width, samples = size
    if samples not in (1, 3) or bits != 8:
        raise ReadError(
            f"{path} has {samples} samples of {bits} bits per pixel. Save it as grey or RGB of "
            "8 bits."
        )
    shape = (height, width) if samples == 1 else (height, width, 3)
    return Picture(path, shape, np.dtype(np.uint8), turned=turned)


def _exif_orientation(data: bytes) -> int | None:
    """Return the orientation that is noted in the first directory of EXIF, 1 meaning upright."""
    order = "<" if data[:2] == b"II" else ">"
    (offset,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[offset : offset + 2])
    for number in range(count):
        start = offset + 2 + 12 * number
        tag, _, _, value = struct.unpack(order + "HHIH", data[start : start + 10])
        if tag == 0x0112:
            return int(value)
    return None
