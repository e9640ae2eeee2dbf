"""What networks learn from: sharp photographs, drawn textures, and their blur.

Pictures are grey or coloured, float32, 0 to 255. Every picture belongs to a *subject*, named by its
file, and a subject is held back whole, so that no tile of a photograph is judged after another was
learnt. A folder `masks` beside the pictures may hold masks of objects, by the same names, a folder
`mattes` mattes of them, whose grey values are shares of a pixel.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_mfif.errors import ReadError

__all__ = [
    "DRAWN",
    "MASKS",
    "MATTES",
    "TEXTURES",
    "Picture",
    "Pictures",
    "crop",
    "crop_with_mask",
    "draw_texture",
    "held_back",
    "is_permissive",
    "read_pictures",
]

Grey = NDArray[np.float32]

#: The kinds of files that are read.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
#: The source of a drawn texture.
DRAWN = "drawn"
#: The list that may stand beside the pictures: columns `file`, `licence`, `author`, `source url`.
LICENCE_LIST = "LICENSES.csv"
#: The folders that may stand beside the pictures: masks, where what is not black is the object, and
#: mattes, whose grey says how much of it an object covers.
MASKS, MATTES = "masks", "mattes"

#: Share of the subjects that are judged by, and drawn textures to learn from besides.
HELD_BACK, TEXTURES = 0.15, 24

_NUMBER = re.compile(r"^\d+[_ -]+")
_TILE = re.compile(r"[_ -](tile|crop|patch)\d*$", re.IGNORECASE)
_PERMISSIVE = re.compile(
    r"cc0|public domain|cc by \d|unrestricted usage|\bmit\b|\bbsd\b", re.IGNORECASE
)
_RESERVED = re.compile(r"by-sa|by-nc|by-nd|gpl|gfdl|no licence", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """A sharp picture: its subject, its pixels, and where it comes from.

    Parameters
    ----------
    subject : str
        Whose picture it is.
    pixels : float32, (Y, X) or (Y, X, 3)
        Grey, or red, green and blue; 0 to 255.
    source, licence : str
        Its file, and what may be done with it.
    mask : float32, (Y, X), optional
        1 on the objects in it, 0 beside them, between where they cover a pixel in part.
    """

    subject: str
    pixels: Grey
    source: str = ""
    licence: str = ""
    mask: Grey | None = None


@dataclass(frozen=True)
class Pictures:
    """Pictures to learn from, and others to judge by; `skipped` files had no permissive licence."""

    train: tuple[Picture, ...]
    held_back: tuple[Picture, ...]
    skipped: int = 0

    @property
    def all(self) -> tuple[Picture, ...]:
        """Both parts."""
        return self.train + self.held_back


def subject_of(path: Path) -> str:
    """Return whose picture a file is: its name without leading number and ``_tile``."""
    return _TILE.sub("", _NUMBER.sub("", path.stem)).lower()


def is_permissive(licence: str) -> bool:
    """Return whether a licence asks for no more than to be named (no share-alike, no copyleft)."""
    return bool(_PERMISSIVE.search(licence)) and not _RESERVED.search(licence)


def read_pictures(
    folder: str | Path,
    *,
    seed: int,
    share: float = HELD_BACK,
    textures: int = TEXTURES,
    any_licence: bool = False,
    smallest: int = 96,
    colour: bool = False,
) -> Pictures:
    """Read all pictures of a folder, with their masks where it has some, and add drawn textures.

    Parameters
    ----------
    folder : path
        Sharp pictures, of any size and depth. Where it holds a `LICENSES.csv` only files that this
        lists with a permissive licence are read.
    seed : int
        Decides which subjects are held back, and draws the textures.
    share : float, optional
        Share of the subjects, 0 to 1, that is judged by and not learnt from.
    textures : int, optional
        How many drawn textures join those to learn from.
    any_licence : bool, optional
        Read the files without a permissive licence too.
    smallest : int, optional
        Pictures with a side below this many pixels are left out.
    colour : bool, optional
        Keep the colours: (Y, X, 3).

    Raises
    ------
    ReadError
        The folder does not exist or fewer than two subjects are left.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ReadError(f"{folder} is not a folder. Give the folder that holds the sharp pictures.")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    listed = _licences(folder / LICENCE_LIST)
    kept = [p for p in paths if any_licence or not listed or is_permissive(listed.get(p.name, ""))]
    pictures = [
        Picture(
            subject_of(path),
            pixels,
            path.name,
            listed.get(path.name, ""),
            _read_matte(folder, path.stem, pixels.shape[:2]),
        )
        for path in kept
        if (pixels := _read(path, colour=colour)) is not None and min(pixels.shape[:2]) >= smallest
    ]
    train, back = _split(pictures, share, seed, folder)
    rng = np.random.default_rng([seed, 1])
    drawn = tuple(
        Picture(f"texture {i}", _drawn(rng, colour=colour), DRAWN) for i in range(textures)
    )
    return Pictures(train + drawn, back, len(paths) - len(kept))


def crop(rng: np.random.Generator, picture: Picture, size: int, *, variance: float = 25.0) -> Grey:
    """Return a square of a picture, turned and mirrored at random, that holds some detail."""
    return _cut(rng, picture, size, variance)[0]


def crop_with_mask(
    rng: np.random.Generator, picture: Picture, size: int, *, variance: float = 25.0
) -> tuple[Grey, Grey | None]:
    """Return what `crop` does, and the same square of the picture's mask, where it has one."""
    return _cut(rng, picture, size, variance)


def _cut(
    rng: np.random.Generator, picture: Picture, size: int, variance: float
) -> tuple[Grey, Grey | None]:
    height, width = picture.pixels.shape[:2]
    for _ in range(8):
        top, left = rng.integers(0, height - size + 1), rng.integers(0, width - size + 1)
        window = np.s_[top : top + size, left : left + size]
        if picture.pixels[window].var() > 2 * variance:
            break
    quarters, mirrored = int(rng.integers(4)), rng.random() < 0.5

    def turned(values: Grey) -> Grey:
        square = np.rot90(values[window], quarters)
        square = square[:, ::-1] if mirrored else square
        return np.ascontiguousarray(square, np.float32)

    return turned(picture.pixels), None if picture.mask is None else turned(picture.mask)


def draw_texture(rng: np.random.Generator, shape: tuple[int, int]) -> Grey:
    """Draw a texture as specimens have it: filaments, beads, grains or polygons, 0 to 255."""
    painters: Sequence[Callable[[np.random.Generator, Grey], None]] = (_lines, _beads, _polygons)
    canvas = _cloud(rng, shape)
    for painter in painters:
        if rng.random() < 0.5:
            painter(rng, canvas)
    return np.asarray(np.clip(canvas, 0, 255), np.float32)


def _cloud(rng: np.random.Generator, shape: tuple[int, int]) -> Grey:
    """Return noise whose amplitude falls with frequency, like a natural surface."""
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    radius = np.maximum(np.hypot(rows, columns), 1 / max(shape))
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * radius ** -rng.uniform(0.6, 1.8)
    cloud = np.fft.irfft2(spectrum, shape)
    level, contrast = rng.uniform(30, 160), np.exp(rng.uniform(np.log(4), np.log(50)))
    return np.asarray(level + contrast * cloud / cloud.std(), np.float32)


def _lines(rng: np.random.Generator, canvas: Grey) -> None:
    for _ in range(int(rng.integers(10, 60))):
        steps = np.cumsum(rng.normal(0, 6, (40, 2)) + rng.normal(0, 6, 2), axis=0)
        points = np.round((steps + rng.uniform(0, canvas.shape[0], 2)) * 16).astype(np.int32)
        value, width = float(rng.uniform(0, 255)), int(rng.integers(1, 4))
        cv2.polylines(canvas, [points[:, None]], False, value, width, cv2.LINE_AA, 4)


def _beads(rng: np.random.Generator, canvas: Grey) -> None:
    for _ in range(int(rng.integers(20, 200))):
        column, row = (int(v) for v in rng.integers(0, canvas.shape[0] * 16, 2))
        radius = int(16 * rng.uniform(1, 8))
        cv2.circle(canvas, (column, row), radius, float(rng.uniform(0, 255)), -1, cv2.LINE_AA, 4)


def _polygons(rng: np.random.Generator, canvas: Grey) -> None:
    for _ in range(int(rng.integers(4, 20))):
        centre = rng.uniform(0, canvas.shape[0], 2)
        corners = centre + rng.normal(0, 30, (int(rng.integers(3, 7)), 2))
        value = float(rng.uniform(0, 255))
        cv2.fillPoly(canvas, [np.round(corners * 16).astype(np.int32)], value, cv2.LINE_AA, 4)


def held_back(subjects: Sequence[str], seed: int, share: float = HELD_BACK) -> set[str]:
    """Return which of some subjects are judged by: a share of them, drawn from the seed."""
    listed = sorted(subjects)
    order = np.random.default_rng([seed, 0]).permutation(len(listed))
    count = min(max(1, round(share * len(listed))), len(listed) - 1)
    return {listed[i] for i in order[:count]}


def _split(
    pictures: list[Picture], share: float, seed: int, folder: Path
) -> tuple[tuple[Picture, ...], tuple[Picture, ...]]:
    subjects = sorted({picture.subject for picture in pictures})
    if len(subjects) < 2:
        raise ReadError(
            f"{folder} holds {len(subjects)} usable subjects; at least 2 are needed, one to learn "
            f"from and one to judge by. Add sharp pictures; only those are read to which "
            f"{LICENCE_LIST}, where there is one, gives a permissive licence."
        )
    back = held_back(subjects, seed, share)
    train = tuple(picture for picture in pictures if picture.subject not in back)
    return train, tuple(picture for picture in pictures if picture.subject in back)


def _licences(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as lines:
        return {row["file"]: row.get("licence") or "" for row in csv.DictReader(lines)}


def _read(path: Path, *, colour: bool) -> Grey | None:
    """Return a picture, scaled by the range of its type; None where it cannot be read."""
    kind = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_ANYDEPTH | kind)
    if pixels is None:
        return None
    top = (
        np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else max(float(pixels.max()), 1e-9)
    )
    pixels = pixels[..., ::-1] if colour else pixels
    return np.ascontiguousarray(pixels, np.float32) * np.float32(255.0 / float(top))


def _read_matte(folder: Path, stem: str, shape: tuple[int, ...]) -> Grey | None:
    """Return the matte of that name, or the mask; None where there is none that fits."""
    for place, is_matte in ((folder / MATTES, True), (folder / MASKS, False)):
        paths = sorted(p for p in place.glob(f"{stem}.*") if p.suffix.lower() in SUFFIXES)
        found = _read(paths[0], colour=False) if paths else None
        if found is not None and found.shape == shape:
            shares = found / np.float32(255) if is_matte else found > 0
            return np.asarray(shares, np.float32)
    return None


def _drawn(rng: np.random.Generator, *, colour: bool) -> Grey:
    texture = draw_texture(rng, (384, 384))
    if not colour:
        return texture
    tint = rng.uniform(0.6, 1.2, 3).astype(np.float32)
    return np.asarray(np.clip(texture[..., None] * tint, 0, 255))
