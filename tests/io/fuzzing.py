"""Changes whole files at random: whatever comes of it opens, or is refused in words.

``python tests/io/fuzzing.py --count 20000`` (or ``make fuzz``) runs it for long, with bounds on
time and memory, and writes down what broke them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import tifffile
from recordings import micromanager, ndtiff, ome_tiff
from vendor_files import czi, lif

from napari_mfif.alignment import load_transforms
from napari_mfif.errors import MfifError
from napari_mfif.io import open_stack, write_image
from napari_mfif.settings.recipe import Recipe

PLANES = np.random.default_rng(2).integers(0, 9000, (6, 32, 48), dtype=np.uint16)

#: Seconds and bytes that one file may take.
SECONDS, ROOM = 10, 1 << 30

#: What numbers are changed to: the ends of their ranges, and small ones.
TELLING = (0, 1, 2, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)


def whole_files(folder: Path) -> dict[str, Path]:
    """Write a file, or folder, of each kind, and return where they are."""
    made: dict[str, Path] = {}

    def tiff(name: str, pixels: Any = PLANES, **options: Any) -> None:
        made[name] = folder / f"{name}.tif"
        options = {"photometric": "minisblack", "metadata": None} | options
        tifffile.imwrite(made[name], pixels, **options)

    tiff("plain")
    tiff("big", bigtiff=True, byteorder=">")
    tiff("tiles", tile=(16, 16), compression="zlib", predictor=True)
    tiff("strips", rowsperstrip=5, compression="lzw")
    tiff("imagej", imagej=True, metadata={"axes": "ZYX", "spacing": 0.5, "unit": "um"})
    tiff("shaped", metadata={"axes": "ZYX"})
    tiff("colour", np.zeros((3, 16, 24, 3), np.uint8), photometric="rgb", compression="jpeg")
    table = np.random.default_rng(3).integers(0, 65536, (3, 256), dtype=np.uint16)
    numbers = (PLANES >> 6).astype(np.uint8)
    tiff("palette", numbers, photometric="palette", colormap=table)
    tiff("samples", np.moveaxis(PLANES, 0, -1), planarconfig="contig")
    made["ome"] = ome_tiff(
        folder / "ome.ome.tif", PLANES, "<TiffData/>", SizeZ=3, SizeC=2, PhysicalSizeZ=0.5
    )
    about = {"Frames": 1, "Slices": 3, "Channels": 1, "Positions": 2, "Prefix": "mm"}
    frames = [((0, z, 0, q), PLANES[z]) for q in range(2) for z in range(3)]
    made["mm"] = micromanager(folder / "mm_MMStack.ome.tif", frames, about)
    (folder / "nd").mkdir()
    made["nd"] = ndtiff(folder / "nd", "a", [({"z": z}, PLANES[z]) for z in range(3)])
    for ending in ("png", "jpg"):
        (folder / "pictures" / ending).mkdir(parents=True)
        for z in range(2):
            plane = (PLANES[z] >> 6).astype(np.uint8)
            made[ending] = write_image(
                folder / f"pictures/{ending}/z{z}.{ending}", plane, axes="YX"
            )
    made["zarr"] = write_image(folder / "z.ome.zarr", PLANES, axes="ZYX", z_step=0.5)
    made["zip"] = folder / "z.ome.zarr.zip"
    with zipfile.ZipFile(made["zip"], "w") as archive:
        for path in sorted(made["zarr"].rglob("*")):
            archive.write(path, path.relative_to(made["zarr"]))
    pair = PLANES.reshape(2, 3, *PLANES.shape[1:])
    made["czi"] = czi(folder / "plain.czi", pair)
    made["czi-zstd"] = czi(folder / "zstd.czi", pair, compression=5)
    made["lif"] = lif(folder / "a.lif", pair)
    made["recipe"] = folder / "recipe.json"
    made["recipe"].write_text(Recipe("adaptive", {"halo": 3}).to_json())
    made["transforms"] = folder / "transforms.json"
    entry = {"model": "translation", "reference": 0, "matrices": [[1, 0, 0, 0, 1, 0]] * 3}
    made["transforms"].write_text(json.dumps([entry]))
    return made


#: Real files of microscopes lie here where the project has them beside it.
REAL = Path(__file__).parents[3] / "shared/data/vendor"


def real_files() -> dict[str, Path]:
    """Return the real files of microscopes, where they are there."""
    return {path.name: path for path in sorted(REAL.glob("*")) if path.suffix in (".czi", ".lif")}


def changed(data: bytes, random: Random) -> bytes:
    """Return a file in which bytes are changed, cut off, doubled or put in."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        if not data:
            break
        # the beginning and the end are where most files have their structure
        reach = random.choice((len(data), 64, 512))
        place = random.choice(
            (random.randrange(min(reach, len(data))), random.randrange(len(data)))
        )
        way = random.randrange(7)
        if way == 0:
            data[place] = random.randrange(256)
        elif way == 1:
            data[place] ^= 1 << random.randrange(8)
        elif way == 2:
            size = random.choice((2, 4, 8))
            number = random.choice(TELLING) % (1 << 8 * size)
            data[place : place + size] = number.to_bytes(size, random.choice(("little", "big")))
        elif way == 3:
            del data[place:]
        elif way == 4:
            del data[place : place + random.randrange(1, 64)]
        elif way == 5:
            data[place:place] = random.randbytes(random.randrange(1, 16))
        else:
            data[place:place] = data[place : place + random.randrange(1, 64)]
    return bytes(data)


#: What takes the place of a value in JSON.
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e308, 10**400, "", "a", "../..", [], {}, [None], [[]], {"a": None}, 0.5,
    float("nan"), [1, 2], "z" * 5000,
)  # fmt: skip


def odd_json(value: Any, random: Random) -> Any:
    """Return JSON in which one value somewhere is another, is missing, or lies deeply nested."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: one for name, one in value.items() if name != key}
        return value | {key: odd_json(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        if random.random() < 0.1:
            return value[:place] + value[place + 1 :]
        return [*value[:place], odd_json(value[place], random), *value[place + 1 :]]
    return random.choice(ODD)


def _odd_text(text: str, random: Random) -> bytes:
    kind = random.randrange(8)
    if kind == 0:
        return b"[" * random.choice((10, 100000))
    if kind == 1:
        return b'{"method":' * 100000
    if kind < 4:
        return changed(text.encode(), random)
    try:
        return json.dumps(odd_json(json.loads(text), random)).encode()
    except ValueError:
        return changed(text.encode(), random)


def mutate(kind: str, source: Path, target: Path, random: Random) -> Path:
    """Write a changed copy of a file or folder below `target`, and return what to open."""
    if kind == "zarr":
        shutil.copytree(source, target / source.name)
        files = [path for path in (target / source.name).rglob("*") if path.is_file()]
        about = [path for path in files if path.name.startswith(".z")]
        path = random.choice(about if random.random() < 0.8 else files)
        if path in about:
            path.write_bytes(_odd_text(path.read_text(), random))
        else:
            path.write_bytes(changed(path.read_bytes(), random))
        return target / source.name
    if kind in ("png", "jpg", "nd"):
        shutil.copytree(source.parent, target / "a")
        path = random.choice(sorted((target / "a").iterdir()))
        path.write_bytes(changed(path.read_bytes(), random))
        return target / "a" / (source.name if kind == "nd" else "")
    data = source.read_bytes()
    json_like = source.suffix == ".json"
    (target / source.name).write_bytes(
        _odd_text(data.decode(), random) if json_like else changed(data, random)
    )
    return target / source.name


def try_out(kind: str, path: Path) -> str:
    """Open what was changed, read a corner of it, and say what came of it.

    Anything but a refusal of ours goes up.
    """
    try:
        if kind == "recipe":
            Recipe.load(path)
        elif kind == "transforms":
            load_transforms(path)
        else:
            stack = open_stack(path)
            corner = slice(0, 4)
            stack.plane(stack.n_planes - 1, rows=corner, columns=corner)
            stack.describe()
    except MfifError as error:
        return type(error).__name__
    return "opened"


def run(count: int, seed: int, kinds: list[str]) -> int:
    """Try many changes of each kind, within bounds; return how many broke them."""
    import resource

    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGPROF, _too_long)
    broken: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        files = whole_files(Path(name)) | real_files()
        chosen = {kind: files[kind] for kind in kinds or files}
        for kind, path in chosen.items():
            try_out(kind, path)  # imports what it needs, before memory is bounded
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, used + ROOM))
        for kind, source in chosen.items():
            _run_kind(kind, source, max(1, count // len(chosen)), seed, broken, Path(name))
    for trouble, times in broken.most_common():
        print(f"{times} x {trouble}")
    print(f"{sum(broken.values())} broke the bounds")
    return sum(broken.values())


def _run_kind(
    kind: str, source: Path, count: int, seed: int, broken: Counter[str], folder: Path
) -> None:
    results: Counter[str] = Counter()
    slowest = 0.0
    for number in range(count):
        target = folder / f"changed {kind} {number}"
        target.mkdir()
        random = Random(f"{kind} {seed} {number}")
        path = mutate(kind, source, target, random)
        began = time.process_time()
        # of the processor; on a busy machine files wait for others
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(12 * SECONDS)
        try:
            results[try_out(kind, path)] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            where = _where(error)
            trouble = f"{kind}: {type(error).__name__} at {where}"
            if trouble not in broken:
                print(f"{trouble}, number {number}", flush=True)
            broken[trouble] += 1
            results["broken"] += 1
        finally:
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - began)
        shutil.rmtree(target)
    told = ", ".join(f"{n} {what}" for what, n in results.most_common())
    print(f"{kind}: {count} changed: {told}; slowest {slowest:.2f} s", flush=True)


def _where(error: BaseException) -> str:
    import traceback

    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "napari_mfif" in frame.filename
    ]
    last = ours[-1] if ours else traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno} ({error!s:.80})"


class TooLongError(BaseException):
    """A file took too long; nothing takes this for an error of the file."""


def _too_long(*_: Any) -> None:
    raise TooLongError(f"more than {SECONDS} s")


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("kinds", nargs="*")
    given = parser.parse_args()
    return 1 if run(given.count, given.seed, given.kinds) else 0


if __name__ == "__main__":
    sys.exit(main())
