"""``python -m benchmarks.reproduce``: the report docs/reproduction.md.

Every method on the 20 Lytro pairs (``--lytro FOLDER``, with ``lytro-01-A.jpg`` and so on), on pairs
with occlusion (drawn objects on photographs from ``--photos FOLDER``, and simulated scenes) and on
simulated z-stacks, what the papers show besides, and pictures of what it sees. What is not there
is left out, and the report says so. Numbers are kept in ``benchmarks/results/reproduction.json``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import (
    keep,
    reproduce_lytro,
    reproduce_page,
    reproduce_papers,
    reproduce_pictures,
    reproduce_scenes,
)
from benchmarks.environments import machine
from napari_mfif import methods
from napari_mfif.errors import WeightsError
from napari_mfif.kernels.parallel import usable_processors
from napari_mfif.networks import weights

PARTS = ("lytro", "papers", "pairs", "stacks", "pictures", "page")
NAME = "reproduction"

Task = tuple[tuple[str, ...], Callable[..., Any], tuple[Any, ...]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, keep the numbers, write the page; return an exit code."""
    given = _parser().parse_args(arguments)
    parts = given.parts or PARTS
    chosen = [name for name in given.methods.split(",") if name] or list(methods.names())
    tasks = [
        *(_lytro(given.lytro, chosen) if "lytro" in parts else ()),
        *(_papers(given.lytro, given.photos, chosen) if "papers" in parts else ()),
        *(_pairs(given.photos, chosen) if "pairs" in parts else ()),
        *(_stacks(chosen) if "stacks" in parts else ()),
    ]
    results = keep.load(NAME)
    if given.missing:
        done = results.get("done", {})
        tasks = [task for task in tasks if done.get(", ".join(task[0])) != _state(task[0][-1])]
    if tasks:
        _run(tasks, results, given.jobs)
        results |= {"machine": machine(), "weights": _weights()}
        keep.save(NAME, results)
    if "pictures" in parts:
        reproduce_pictures.draw(list(methods.names()))
    reproduce_page.write(keep.load(NAME))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reproduce", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"out of {', '.join(PARTS)}")
    parser.add_argument(
        "--lytro", type=Path, default=keep.BESIDE / "lytro", help="folder of the pairs"
    )
    parser.add_argument(
        "--photos", type=Path, default=keep.BESIDE / "photos", help="sharp pictures"
    )
    parser.add_argument("--methods", default="", help="some only, with commas; others are kept")
    parser.add_argument(
        "--missing", action="store_true", help="go on: only what these weights have not done yet"
    )
    parser.add_argument("--jobs", type=int, default=usable_processors(), help="processes")
    return parser


def _lytro(folder: Path, chosen: Sequence[str]) -> list[Task]:
    if not reproduce_lytro.found(folder):
        print(f"{folder} holds no lytro-01-A.jpg: the pairs of Lytro are left out")
        return []
    rows = [
        (("lytro", name), reproduce_lytro.score_method, (name, folder))
        for name in (*chosen, *_variants(chosen))
    ]
    simple = reproduce_lytro.BASELINES
    return [
        *rows,
        *((("lytro", name), reproduce_lytro.baseline, (name, folder)) for name in simple),
    ]


def _variants(chosen: Sequence[str]) -> list[str]:
    """Return the forms that the papers compare, and those with weights for z-stacks."""
    known = [name for name in reproduce_lytro.VARIANTS if name.partition(",")[0] in chosen]
    return known + [f"{name}, {which}" for name in chosen for which in weights.sets(name)[1:]]


def _papers(lytro: Path, photos: Path, chosen: Sequence[str]) -> list[Task]:
    names = [name for name in reproduce_papers.networks() if name in chosen]
    work = reproduce_papers
    rows: list[Task] = [(("papers", "order", n), work.random_order, (n,)) for n in names]
    if reproduce_lytro.found(lytro):
        rows += [(("papers", "commutativity", n), work.commutativity, (n, lytro)) for n in names]
    if photos.is_dir() and "fd-fcn" in names:
        rows.append((("papers", "epsilon"), work.epsilon, (photos,)))
    if photos.is_dir() and "cnn" in names:
        rows.append((("papers", "full form"), work.full_form, (photos,)))
    return rows


def _pairs(photos: Path, chosen: Sequence[str]) -> list[Task]:
    sets: list[tuple[str, Path | None]] = [("optics", None)]
    if photos.is_dir():
        sets.append(("photographs", photos))
    else:
        print(f"{photos} is no folder: the pairs made of photographs are left out")
    return [
        (("pairs", label, name), reproduce_scenes.score_pairs, (name, folder))
        for name in (*chosen, *_variants(chosen))
        for label, folder in sets
    ]


def _stacks(chosen: Sequence[str]) -> list[Task]:
    rows: list[Task] = [
        (("stacks", name), reproduce_scenes.score_stacks, (name,)) for name in chosen
    ]
    rows += [  # those with weights for stacks, with the published ones too
        (("stacks", row), reproduce_scenes.score_stacks, (row,))
        for name in chosen
        if len(weights.sets(name)) > 1
        for row in [f"{name}, {weights.PUBLISHED}"]
    ]
    return [*rows, (("stacks", "baselines"), reproduce_scenes.baselines, ())]


def _run(tasks: list[Task], results: dict[str, Any], jobs: int) -> None:
    """Do all tasks, a process per processor, and put what they give where it belongs."""
    began = time.perf_counter()
    os.environ["OMP_NUM_THREADS"] = "1"
    slowest = reproduce_papers.networks()
    tasks = sorted(tasks, key=lambda task: task[0][-1].partition(",")[0] not in slowest)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_alone) as pool:
        waiting: dict[Future[Any], tuple[str, ...]] = {
            pool.submit(work, *what): place for place, work, what in tasks
        }
        for future in as_completed(waiting):
            place, inner = waiting[future], results
            for step in place[:-1]:
                inner = inner.setdefault(step, {})
            inner[place[-1]] = future.result()
            results.setdefault("done", {})[", ".join(place)] = _state(place[-1])
            keep.save(NAME, results)
            print(f"[{time.perf_counter() - began:5.0f} s] {', '.join(place)}", flush=True)


def _alone() -> None:
    """One thread per process."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _state(name: str) -> str:
    """Return which weights a row is of: all that the method has; nothing where it has none."""
    method = name.partition(",")[0]
    own = (found for label, found in _weights().items() if label.partition("/")[0] == method)
    return " ".join(own)


def _weights() -> dict[str, str]:
    found = {}
    for name in methods.names():
        if methods.get(name).neural:
            for which in weights.sets(name):
                label = name if which == weights.PUBLISHED else f"{name}/{which}"
                try:
                    found[label] = weights.load(name, which).fingerprint()
                except WeightsError:
                    continue
    return found


if __name__ == "__main__":
    raise SystemExit(main())
