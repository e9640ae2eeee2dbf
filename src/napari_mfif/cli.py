"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from napari_mfif import __version__
from napari_mfif.errors import MfifError, ParameterError
from napari_mfif.parameters import Settings

__all__ = ["main"]

#: Exit codes: done, something failed, wrong usage.
DONE, FAILED, WRONG_USAGE = 0, 1, 2

MAPS = ("depth", "decision", "confidence", "scores")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``napari-mfif`` and return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        result: int = given.run(given)
    except MfifError as error:
        if given.debug:
            raise
        print(f"napari-mfif: {error}", file=sys.stderr)
        return WRONG_USAGE if isinstance(error, ParameterError) else FAILED
    except KeyboardInterrupt:
        print("napari-mfif: stopped; nothing half-written is left.", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        if given.debug:
            raise
        what = str(error) or type(error).__name__
        print(f"napari-mfif: {what} (--debug shows where).", file=sys.stderr)
        return FAILED
    return result


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in a sentence, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"napari-mfif: {message}. See {self.prog} --help.\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="napari-mfif",
        description="Focus stacking: one sharp image, its height map and its confidence.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_fuse, _add_info, _add_methods, _add_simulate, _add_demo, _add_train):
        command = add(commands)
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _add_fuse(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("fuse", help="fuse one z-stack")
    parser.add_argument("input", nargs="+", help="a TIFF, a Zarr, a folder, or the planes in order")
    parser.add_argument("-o", "--output", required=True, help="the all-in-focus image, .ome.tif")
    parser.add_argument("--method", help="see napari-mfif methods")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the method or of the consistency verification",
    )
    parser.add_argument("--along", choices=("joint", "sequential"), help="how planes are compared")
    parser.add_argument("--axes", help="a letter out of TCZYXS per axis, where the file is silent")
    parser.add_argument("--series", type=int, default=0, help="which image of a file with several")
    parser.add_argument("--channel", help="number or name of the channel that decides")
    for name in MAPS:
        parser.add_argument(f"--{name}", metavar="PATH", help=f"write the {name} map(s), TIFF")
    parser.add_argument("--recipe", metavar="FILE", help="take all values from a recipe")
    parser.add_argument("--save-recipe", metavar="FILE", help="write the recipe as JSON")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--memory", help="what it may use, for example 2GB")
    parser.add_argument("--overwrite", action="store_true", help="replace existing files")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=_fuse)
    return parser


def _fuse(given: argparse.Namespace) -> int:
    from napari_mfif.fusion import iter_fuse
    from napari_mfif.io import open_stack
    from napari_mfif.io.atomic import check_target
    from napari_mfif.recipe import Recipe

    recipe = Recipe.load(given.recipe) if given.recipe else None
    outputs = [given.output, given.save_recipe, *(getattr(given, name) for name in MAPS)]
    for path in filter(None, outputs):
        check_target(path, overwrite=given.overwrite)
    method = given.method or (recipe.method if recipe else None)
    parameters, consistency = _assigned(given.set, method)
    source = given.input[0] if len(given.input) == 1 else given.input
    stack = open_stack(source, axes=given.axes, series=given.series)
    steps = iter_fuse(
        stack,
        method=given.method,
        channel=given.channel,
        along=given.along,
        recipe=recipe,
        consistency=consistency,
        device=given.device,
        memory=given.memory,
        **parameters,
    )
    fusion = None
    for step in _shown(steps, quiet=given.quiet):
        fusion = step.fusion
    assert fusion is not None
    fusion.save(given.output, overwrite=given.overwrite)
    for name in MAPS:
        if path := getattr(given, name):
            fusion.save_map(name, path, overwrite=given.overwrite)
    if given.save_recipe:
        fusion.recipe.save(given.save_recipe, overwrite=given.overwrite)
    if not given.quiet:
        for note in stack.notes:
            print(note)
        sure = 100 * float((fusion.confidence > 0.5).mean())
        print(
            f"{given.output}: {stack.describe()}, {fusion.recipe.method}, "
            f"{fusion.seconds:.2f} s, {sure:.0f} % of the area decided with confidence"
        )
    return DONE


def _assigned(assignments: Sequence[str], method: str | None) -> tuple[Settings, Settings]:
    """Sort NAME=VALUE texts into those of the method and those of the verification."""
    from napari_mfif import methods
    from napari_mfif.consistency import CONSISTENCY
    from napari_mfif.parameters import unknown_name

    own = {p.name: p for p in methods.get(method or methods.DEFAULT).all_parameters()}
    cleaning = {p.name: p for p in CONSISTENCY}
    parameters: Settings = {}
    consistency: Settings = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ParameterError(f"--set {assignment} is not of the form NAME=VALUE.")
        name = name.strip().replace("-", "_")
        if name in own:
            parameters[name] = own[name].parse(text)
        elif name in cleaning:
            consistency[name] = cleaning[name].parse(text)
        else:
            known = {**own, **cleaning}
            raise ParameterError(unknown_name("parameter", name, known, of=method or ""))
    return parameters, consistency


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


def _add_info(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "info", help="say what a file holds, without reading its pixels"
    )
    parser.add_argument("input", nargs="+")
    parser.add_argument("--axes")
    parser.add_argument("--series", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_info)
    return parser


def _info(given: argparse.Namespace) -> int:
    import json

    from napari_mfif.engine.memory import format_bytes
    from napari_mfif.io import open_stack

    source = given.input[0] if len(given.input) == 1 else given.input
    stack = open_stack(source, axes=given.axes, series=given.series)
    facts = {
        "name": stack.name,
        "axes": stack.axes,
        "shape": list(stack.shape),
        "dtype": str(stack.dtype),
        "z_step": stack.z_step,
        "pixel_size": stack.pixel_size,
        "unit": stack.unit,
        "channel_names": list(stack.channel_names),
        "notes": list(stack.notes),
    }
    if given.json:
        print(json.dumps(facts, indent=2))
        return DONE
    print(f"{stack.name}: {stack.describe()}, {format_bytes(stack.nbytes)} of pixels")
    print(f"axes     {stack.axes} {' x '.join(map(str, stack.shape))}")
    if stack.pixel_size:
        height, width = stack.pixel_size
        print(f"pixel    {width:g} x {height:g} {stack.unit or ''}")
    if stack.channel_names:
        print(f"channels {', '.join(stack.channel_names)}")
    for note in stack.notes:
        print(note)
    return DONE


def _add_methods(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "methods", help="list the methods and their parameters"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_methods)
    return parser


def _methods(given: argparse.Namespace) -> int:
    import json

    from napari_mfif import methods
    from napari_mfif.consistency import CONSISTENCY

    tables = {
        name: [_described(p) for p in methods.get(name).all_parameters()]
        for name in methods.names()
    }
    if given.json:
        described = {
            name: {
                "title": methods.get(name).title,
                "summary": methods.get(name).summary,
                "reference": methods.get(name).reference,
                "along": list(methods.get(name).along),
                "parameters": table,
            }
            for name, table in tables.items()
        }
        cleaning = [_described(p) for p in CONSISTENCY]
        print(json.dumps({"methods": described, "consistency": cleaning}, indent=2))
        return DONE
    for name, table in tables.items():
        method = methods.get(name)
        print(f"{name}: {method.title}. {method.summary}")
        _print_table(table)
    print("consistency verification, after any method:")
    _print_table([_described(p) for p in CONSISTENCY])
    return DONE


def _described(parameter: Any) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.kind.__name__,
        "default": parameter.default,
        "range": parameter.range_text,
        "help": parameter.help,
        "advanced": parameter.advanced,
    }


def _print_table(table: Sequence[dict[str, Any]]) -> None:
    for row in table:
        print(f"    {row['name']}={row['default']}  ({row['range']})  {row['help']}")
    print()


def _add_simulate(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "simulate", help="make a z-stack whose sharp image and depth are known"
    )
    parser.add_argument("kind", help="relief, steps, occlusion, fluorescence, weak, halo, ...")
    parser.add_argument("-o", "--output", required=True, help="the z-stack, .ome.tif")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=512, help="rows and columns")
    parser.add_argument("--planes", type=int, default=20)
    parser.add_argument("--photons", default="low", help="low or high noise, or photons at white")
    parser.add_argument("--truth", metavar="PATH", help="write the sharp image, TIFF")
    parser.add_argument("--depth", metavar="PATH", help="write the true plane index, TIFF")
    parser.add_argument("--overwrite", action="store_true")
    parser.set_defaults(run=_simulate)
    return parser


def _simulate(given: argparse.Namespace) -> int:
    import numpy as np

    from napari_mfif.io import write_image
    from napari_mfif.optics import simulate

    photons = given.photons if given.photons in ("low", "high") else float(given.photons)
    made = simulate(
        given.kind,
        seed=given.seed,
        shape=(given.size, given.size),
        planes=given.planes,
        photons=photons,
    )
    stack = made.stack
    sizes = {"pixel_size": stack.pixel_size, "unit": stack.unit, "overwrite": given.overwrite}
    pixels = np.asarray(stack.pixels)
    write_image(given.output, pixels, axes=stack.axes, z_step=stack.z_step, **sizes)
    if given.truth:
        write_image(given.truth, made.image, axes=stack.axes.replace("Z", ""), **sizes)
    if given.depth:
        write_image(given.depth, made.depth, axes="YX", **sizes)
    print(f"{given.output}: {stack.describe()}, {given.kind}, seed {given.seed}")
    return DONE


def _add_demo(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo", help="simulate, fuse, judge by the truth, and draw an overview"
    )
    parser.add_argument("-o", "--output", default="out/demo", help="folder for the results")
    parser.set_defaults(run=_demo)
    return parser


def _demo(given: argparse.Namespace) -> int:
    from napari_mfif.demo import run

    run(Path(given.output))
    return DONE


def _add_train(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("train", help="train a network")
    parser.add_argument("method", help="cnn")
    parser.add_argument("--data", required=True, help="a folder of sharp images")
    parser.add_argument("--out", required=True, help="folder for weights and card")
    parser.add_argument("--steps", type=int, help="training steps in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    parser.add_argument("--fresh", action="store_true", help="start anew, do not resume")
    parser.set_defaults(run=_train)
    return parser


def _train(given: argparse.Namespace) -> int:
    from napari_mfif.training import train

    train(
        given.method,
        data=Path(given.data),
        out=Path(given.out),
        steps=given.steps,
        seed=given.seed,
        device=given.device,
        resume=not given.fresh,
    )
    return DONE


if __name__ == "__main__":
    sys.exit(main())
