"""``napari-mfif evaluate``: measure fused images and depth maps."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from napari_mfif.errors import ParameterError

__all__ = ["add", "run"]

_HELP = """
In every option {name} stands for the name of the fused file without its ending, so that
    napari-mfif evaluate fused/ --sources "pairs/{name}-A.png" "pairs/{name}-B.png"
measures a folder. Images of other than 8 bits are scaled by the range of their sources.
What each measure means, and what fools it, is in docs/metrics.md.
"""

#: The options that name one image for each fused one, and what `metrics.evaluate` calls them.
_IMAGES = ("truth", "depth", "true_depth", "confidence")

Row = dict[str, Any]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "evaluate",
        help="measure fused images and depth maps",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("fused", nargs="*", help="fused images, or folders of them")
    parser.add_argument("--sources", nargs="+", default=[], metavar="PATH", help="the planes")
    parser.add_argument("--channel", default="0", help="of the sources, number or name")
    parser.add_argument("--truth", metavar="PATH", help="the true image")
    parser.add_argument("--depth", metavar="PATH", help="the depth map or decision, in planes")
    parser.add_argument("--true-depth", metavar="PATH", help="the true depth, in planes")
    parser.add_argument("--confidence", metavar="PATH", help="judged by where the depth is right")
    parser.add_argument(
        "--planes",
        type=float,
        help="the largest error of the depth that counts as right: 1, for pairs 0.5",
    )
    parser.add_argument("--measures", metavar="NAMES", help="with commas between, or all")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for programs; null where undefined")
    form.add_argument("--csv", action="store_true", help="for spreadsheets")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Print the measures of each fused image."""
    from napari_mfif.metrics.registry import chosen

    measures = chosen(given.measures)
    fused = _files(given.fused)
    _check_pairing(given, fused)
    rows = [_row(given, path, measures) for path in fused] or [_row(given, None, measures)]
    if given.json:
        import json

        finite = [{k: None if _undefined(v) else v for k, v in row.items()} for row in rows]
        print(json.dumps(finite, indent=2))
    elif given.csv:
        print(*_csv(rows), sep="\n")
    else:
        if len(rows) > 1 and _by_name(given):
            rows.append(_mean(rows))
        print(*_table(rows), sep="\n")
    return 0


def _files(named: Sequence[str]) -> list[str]:
    """Return the files that are named or lie in named folders."""
    from pathlib import Path

    from napari_mfif.io.content import ENDINGS
    from napari_mfif.io.names import natural_key

    files: list[str] = []
    for path in map(Path, named):
        if not path.is_dir():
            files.append(str(path))
            continue
        inside = [one for one in path.iterdir() if one.suffix.lower() in ENDINGS]
        if not inside:
            raise ParameterError(
                f"{path} holds no image: name a folder of TIFF, PNG or JPEG files."
            )
        files += map(str, sorted(inside, key=natural_key))
    return files


def _by_name(given: argparse.Namespace) -> bool:
    options = [*given.sources, *(getattr(given, option) or "" for option in _IMAGES)]
    return any("{name}" in option for option in options)


def _check_pairing(given: argparse.Namespace, fused: Sequence[str]) -> None:
    """See that maps are not compared with several fused images at once."""
    for option in ("depth", "confidence"):
        path = getattr(given, option)
        if path and len(fused) > 1 and "{name}" not in path:
            raise ParameterError(
                f"--{option} {path} belongs to one fused image, and there are {len(fused)}. Write "
                "{name} where its name goes, or evaluate one at a time."
            )
    if given.depth and not given.true_depth:
        raise ParameterError("--depth needs --true-depth, the depth it is compared with.")
    if given.confidence and not given.depth:
        raise ParameterError("--confidence needs --depth and --true-depth, to know what is right.")
    if not fused and _by_name(given):
        raise ParameterError("{name} stands for the name of a fused image: name at least one.")


def _row(given: argparse.Namespace, path: str | None, measures: Sequence[str]) -> Row:
    from napari_mfif.io.image import read_image
    from napari_mfif.metrics.evaluation import evaluate

    def filled(option: str) -> str:
        return option if path is None else option.replace("{name}", _stem(path))

    images = {
        option: read_image(filled(getattr(given, option)))
        for option in _IMAGES
        if getattr(given, option)
    }
    sources = _sources(tuple(map(filled, given.sources)), given.channel)
    fused = None if path is None else read_image(path)
    values = evaluate(fused, sources=sources, planes=given.planes, measures=measures, **images)
    return {"fused": path or given.depth, **values}


def _stem(path: str) -> str:
    from pathlib import Path

    from napari_mfif.io.names import stem

    return stem(Path(path))


@lru_cache(maxsize=1)
def _sources(paths: tuple[str, ...], channel: str) -> tuple[Any, ...]:
    """Return the planes that a fused image came from, of files, or of one z-stack."""
    from napari_mfif.io import open_stack
    from napari_mfif.io.image import read_image

    if len(paths) != 1:
        return tuple(map(read_image, paths))
    stack = open_stack(paths[0])
    if stack.n_times > 1:
        raise ParameterError(
            f"{paths[0]} has {stack.n_times} time points: save the one you mean as a z-stack."
        )
    index = stack.channel_index(channel)
    return tuple(stack.plane(z, c=index) for z in range(stack.n_planes))


def _undefined(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _mean(rows: Sequence[Row]) -> Row:
    names = [name for name in rows[0] if name != "fused"]
    return {"fused": "mean", **{n: sum(row[n] for row in rows) / len(rows) for n in names}}


def _csv(rows: Sequence[Row]) -> list[str]:
    import csv
    import io

    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return lines.getvalue().splitlines()


def _table(rows: Sequence[Row]) -> list[str]:
    """Return aligned columns, and below them which values are the better ones."""
    from napari_mfif.metrics.registry import MEASURES

    names = list(rows[0])
    texts = [names] + [
        [value if isinstance(value, str) else f"{value:.4f}" for value in row.values()]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = [
        "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])])
        for first, *rest in texts
    ]
    for better, word in (("lower", "Lower"), ("nearer to 0", "Nearer to 0")):
        such = [name for name in names[1:] if MEASURES[name].better == better]
        if such:
            lines.append(f"{word} is better: {', '.join(such)}.")
    return lines
