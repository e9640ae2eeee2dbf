"""``napari-mfif batch``: all z-stacks of a folder or a plate."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_mfif.cli.options import (
    add_options,
    add_pattern,
    add_spacing,
    given_options,
    given_recipe,
)
from napari_mfif.errors import ParameterError
from napari_mfif.settings.options import MAPS
from napari_mfif.settings.parameters import unknown_name
from napari_mfif.wording import on_command_line

if TYPE_CHECKING:
    from napari_mfif.io.found import Search

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "batch", help="fuse all z-stacks of a folder; run it again to finish what is missing"
    )
    parser.add_argument(
        "input",
        nargs="+",
        help="folders of z-stacks, plates, files of several images, addresses (https:, s3:)",
    )
    parser.add_argument("-o", "--output", required=True, metavar="OUT_DIR", help="for the results")
    add_options(parser)
    parser.add_argument(
        "--maps",
        default="",
        metavar="NAMES",
        help=f"maps to write too, with commas: {','.join(MAPS)}",
    )
    add_pattern(parser)
    add_spacing(parser)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a dask cluster: tcp://host:8786")
    parser.add_argument("--workers", type=int, default=1, help="processes of this machine")
    parser.add_argument("--dry-run", action="store_true", help="only list what would be fused")
    parser.add_argument("--quiet", action="store_true", help="print nothing but failures")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Fuse what is not done yet; end with a table of what failed."""
    from napari_mfif.fusion.batch import FAILED, Outcome, iter_batch, jobs_in

    recipe = given_recipe(given)
    options = given_options(given, recipe)
    options |= {name: value for name in ("spacing", "unit") if (value := getattr(given, name))}
    options |= {"axes": given.axes, "recipe": recipe.to_json() if recipe else None}
    means = {"device": given.device, "memory": given.memory or _share(given.workers)}
    searched: list[Search] = []
    jobs = jobs_in(
        given.input,
        given.output,
        options=options,
        means=means,
        maps=_maps(given.maps),
        pattern=given.pattern,
        tell=searched.append,
    )
    left = _left_out(searched[0], given.input)
    if given.dry_run:
        for job in jobs:
            print(f"{job.found.name}  {'done' if job.is_done() else job.output}")
        print("\n".join(left))
        return 0
    outcomes: list[Outcome] = []
    with _client(given.scheduler, given.workers) as client:
        for outcome in iter_batch(jobs, client):
            outcomes.append(outcome)
            if not given.quiet:
                print(f"[{len(outcomes)}/{len(jobs)}] {_line(outcome)}", flush=True)
    failed = [outcome for outcome in outcomes if outcome.state == FAILED]
    if not given.quiet:
        print("\n".join([*left, _sum(outcomes)]))
    if failed:
        print(_table(failed), file=sys.stderr)
    return 1 if failed else 0


def _left_out(searched: Search, sources: Sequence[str], most: int = 8) -> list[str]:
    """Say in lines what belongs to no z-stack, and why."""
    root = Path(sources[0]).resolve() if len(sources) == 1 else Path("/")
    reasons: dict[str, list[str]] = {}
    for path, reason in searched.left:
        reasons.setdefault(reason, []).append((path.parent.resolve() / path.name).as_posix())
    lines = []
    for reason, paths in reasons.items():
        shown = [path.removeprefix(f"{root.as_posix()}/") for path in paths[:most]]
        more = f" and {len(paths) - most} more" if len(paths) > most else ""
        lines.append(f"Left out, {reason}: {', '.join(shown)}{more}")
    if searched.others:
        told = ", ".join(f"{count} {kind}" for kind, count in searched.others.most_common(most))
        more = ", ..." if len(searched.others) > most else ""
        lines.append(f"Left out, no images: {told}{more}")
    return lines


def _share(workers: int) -> int | None:
    """Return what each of several processes may use, where nothing is said."""
    from napari_mfif.engine.memory import default_budget

    return default_budget() // workers if workers > 1 else None


def _maps(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in MAPS:
            raise ParameterError(unknown_name("map", name, dict.fromkeys(MAPS), of="--maps"))
    return names


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Connect to a cluster, or start so many processes; None for neither."""
    if workers < 1:
        raise ParameterError(f"--workers {workers} is not possible: 1 or more.")
    if scheduler is None and workers == 1:
        from napari_mfif.engine.memory import keep_freed_memory

        keep_freed_memory()
        yield None
        return
    if scheduler and workers > 1:
        raise ParameterError("--scheduler has workers of its own: leave out --workers.")
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ParameterError(
            "A cluster needs another package: pip install 'napari-mfif[distributed]'."
        ) from error
    if scheduler:
        try:
            client = Client(scheduler, timeout="20s")
        except (OSError, ValueError, TimeoutError) as error:
            raise ParameterError(
                f"There is no dask scheduler at {scheduler} ({error}). Start one there with "
                f"'dask scheduler', and workers with 'dask worker {scheduler}'."
            ) from error
        with client:
            yield client
        return
    # a free port: two runs on one machine do not meet
    local = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=workers, **local) as cluster, Client(cluster) as client:
        yield client


def _line(outcome: Any) -> str:
    from napari_mfif.fusion.batch import DONE

    if outcome.state == DONE:
        return f"{outcome.name}: {outcome.text}, {outcome.seconds:.1f} s"
    text = on_command_line(outcome.text)
    return f"{outcome.name}: {outcome.state}" + (f" - {text}" if text else "")


def _sum(outcomes: list[Any]) -> str:
    """Count the outcomes in words."""
    from napari_mfif.fusion.batch import DONE, ELSEWHERE, FAILED, SKIPPED

    counts = [(state, sum(o.state == state for o in outcomes)) for state in (DONE, SKIPPED)]
    more = [(state, sum(o.state == state for o in outcomes)) for state in (ELSEWHERE, FAILED)]
    told = [*counts, *((state, count) for state, count in more if count)]
    words = {SKIPPED: "done before"}
    return ", ".join(f"{count} {words.get(state, state)}" for state, count in told)


def _table(failed: list[Any]) -> str:
    width = max(len(outcome.name) for outcome in failed)
    lines = [f"{outcome.name:<{width}}  {on_command_line(outcome.text)}" for outcome in failed]
    return "\n".join([f"\n{len(failed)} failed:", *lines])
