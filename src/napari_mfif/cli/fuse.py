"""``napari-mfif fuse``: one z-stack in, one sharp image and its maps out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif.cli.options import (
    add_options,
    add_reading,
    given_options,
    given_recipe,
    opened,
)
from napari_mfif.errors import ParameterError
from napari_mfif.settings.options import LABELS, LATE, MAPS
from napari_mfif.settings.parameters import Settings
from napari_mfif.wording import on_command_line

if TYPE_CHECKING:
    from napari_mfif.arrays.stack import ZStack
    from napari_mfif.fusion.api import Fusion

__all__ = ["add", "run"]

#: What options for maps do.
WRITE = "write the {}, TIFF or Zarr"
HELP = {
    "focus_map": "write how much of the second of two planes a network takes, before verification",
    "differences": "write |plane - image| of every plane",
}


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser("fuse", help="fuse one z-stack")
    parser.add_argument("input", nargs="+", help="a TIFF, a Zarr, a folder, or files of one plane")
    parser.add_argument(
        "-o", "--output", required=True, help="the sharp image, .ome.tif or .ome.zarr"
    )
    add_options(parser)
    parser.add_argument("--transforms", metavar="FILE", help="take the planes' places from JSON")
    parser.add_argument(
        "--save-transforms", metavar="FILE", help="write the planes' places as JSON"
    )
    add_reading(parser)
    for name in MAPS:
        option = name.replace("_", "-")
        parser.add_argument(f"--{option}", metavar="PATH", help=HELP.get(name, WRITE.format(name)))
    parser.add_argument(
        "--lazy",
        action="store_true",
        help="block by block, while it is written: for planes whose results do not fit in memory",
    )
    parser.add_argument("--save-recipe", metavar="FILE", help="write the recipe as JSON")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Fuse one z-stack and write the results."""
    from napari_mfif.engine.memory import keep_freed_memory
    from napari_mfif.fusion.api import iter_fuse

    keep_freed_memory()
    recipe = given_recipe(given)
    _check_outputs(given)
    axes = given.axes or (recipe.axes if recipe else None)
    options = _options(given, recipe)
    stack = opened(given, axes)
    if given.focus_map:
        _refuse_focus_map(given, recipe, stack)
    maps = {name: path for name in MAPS if (path := getattr(given, name))}
    wanted = {"image": given.output, **maps}
    # Timepoints are written one by one, so that any number of them takes no more memory than one,
    # and so is an image of which nothing else is wanted, not even how sure it is.
    early = {name: path for name, path in wanted.items() if name not in LATE}
    if not given.lazy and (stack.n_times > 1 or (given.quiet and len(wanted) == 1)):
        options |= {"outputs": early, "overwrite": given.overwrite}
        wanted = {name: path for name, path in wanted.items() if name not in early}
    fusion = None
    for step in _shown(iter_fuse(stack, recipe=recipe, **options), quiet=given.quiet):
        fusion = step.fusion
    assert fusion is not None
    _save(given, fusion, wanted)
    if not given.quiet:
        print("\n".join(_summary(given, stack, fusion)))
    return 0


def _refuse_focus_map(given: argparse.Namespace, recipe: Any, stack: ZStack) -> None:
    """Refuse a focus map that there will not be, before any work is done."""
    from napari_mfif.fusion.paper_maps import refuse_focus_map
    from napari_mfif.methods import DEFAULT

    refuse_focus_map(stack, given.method or (recipe.method if recipe else DEFAULT))


def _options(given: argparse.Namespace, recipe: Any) -> Settings:
    """Return the arguments of `iter_fuse`."""
    options = given_options(given, recipe)
    if given.transforms:
        if given.align:
            raise ParameterError("--transforms and --align exclude each other.")
        options["align"] = Path(given.transforms)
    return options | {"device": given.device, "memory": given.memory, "lazy": given.lazy}


def _save(given: argparse.Namespace, fusion: Fusion, wanted: Mapping[str, str]) -> None:
    """Write what is not written yet: image and maps by name, recipe, places of planes."""
    overwrite = given.overwrite
    fusion.save_all(wanted, overwrite=overwrite, progress=_written(given))
    if given.save_recipe:
        fusion.recipe.save(given.save_recipe, overwrite=overwrite)
    if given.save_transforms:
        from napari_mfif.alignment import save_transforms

        save_transforms(given.save_transforms, fusion.transforms, overwrite=overwrite)


def _summary(given: argparse.Namespace, stack: ZStack, fusion: Fusion) -> Iterator[str]:
    """Say in lines what was done."""
    yield from map(on_command_line, fusion.notes)
    if fusion.transforms:
        yield _moved(fusion)
    done = f"{given.output}: {stack.describe()}, {fusion.recipe.method}, {fusion.seconds:.2f} s"
    if not given.lazy and stack.n_times == 1:
        sure = 100 * float((fusion.confidence >= fusion.recipe.min_confidence).mean())
        done += f", {sure:.0f} % of the area decided with confidence"
    yield done


def _written(given: argparse.Namespace) -> Callable[[float], object] | None:
    """Return what shows the progress of a lazy fusion, which is made while it is written."""
    if given.quiet or not given.lazy or not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar = tqdm(total=100, unit="%", leave=False, bar_format="{l_bar}{bar}| {elapsed}<{remaining}")

    def show(share: float) -> None:
        bar.update(100 * share - bar.n)
        if share >= 1:
            bar.close()

    return show


def _check_outputs(given: argparse.Namespace) -> None:
    """Refuse what cannot be written before any work is done.

    Raises
    ------
    ParameterError
        An output is an input, or two outputs are one file.
    WriteError
        A target exists, cannot be written, or has an unknown ending.
    """
    from napari_mfif.io.atomic import check_target
    from napari_mfif.io.endings import check_ending

    taken = {Path(path).resolve(): f"{path} is an input" for path in given.input}
    for name in ("output", *MAPS, "save_recipe", "save_transforms"):
        path = getattr(given, name)
        if not path:
            continue
        place = Path(path).resolve()
        clash = taken.get(place)
        if clash is None and place.exists() and place.parent in taken:
            clash = f"{path} is one of the planes"
        if clash:
            raise ParameterError(
                f"{clash}: it cannot be written to. Give --{name.replace('_', '-')} another name."
            )
        taken[place] = f"{path} is written to already"
        check_target(path, overwrite=given.overwrite)
        if not name.startswith("save_"):
            check_ending(path, floats=name in MAPS and name not in LABELS)


def _moved(fusion: Fusion) -> str:
    """Say how far planes were moved, and what they have in common."""
    shape = fusion.stack.plane_shape
    far = max(one.excursion(shape) for one in fusion.transforms)
    rows, columns = fusion.common_area
    apart = f"Planes lay up to {far:.1f} pixels apart."
    if fusion.recipe.crop:
        top, left = fusion.origin
        return f"{apart} The result was cropped; it begins at row {top} and column {left}."
    return (
        f"{apart} All of them cover rows {rows.start} to {rows.stop - 1} and columns "
        f"{columns.start} to {columns.stop - 1}; outside of that the confidence is 0."
    )


def _shown(steps: Any, *, quiet: bool) -> Any:
    """Pass the steps on, with a progress bar where somebody looks."""
    if quiet or not sys.stderr.isatty():
        yield from steps
        return
    from tqdm import tqdm

    with tqdm(unit="plane", leave=False) as bar:
        for step in steps:
            bar.total, bar.n = step.total, step.done
            bar.set_description(step.stage)
            yield step
