"""A batch in a thread: what there is to do, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from napari_mfif.errors import MfifError
from napari_mfif.fusion.api import Progress
from napari_mfif.fusion.batch import jobs_in
from napari_mfif.fusion.job import CANCELLED, Interrupted, Job, Outcome, why
from napari_mfif.io.found import Search

__all__ = ["NOT_REPLACED", "BatchRun", "Plan", "make_plan"]

#: What becomes of a z-stack whose result was made otherwise, unless replacing was asked for.
NOT_REPLACED = "not replaced"


@dataclass(frozen=True)
class Plan:
    """What a batch would do.

    Parameters
    ----------
    jobs : list of Job
        One for each z-stack.
    done : set of str
        Names of those that are done.
    replaced : set of str
        Names of those whose files hold something else.
    left : list of (str, str)
        What belongs to no z-stack, and why.
    problem : str
        Why there is nothing to do, in a sentence.
    """

    jobs: list[Job] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    left: list[tuple[str, str]] = field(default_factory=list)
    problem: str = ""


def make_plan(
    source: str,
    target: str,
    options: Mapping[str, Any],
    means: Mapping[str, Any],
    maps: Sequence[str],
) -> Plan:
    """Search a folder and look at what is done; nothing is written."""
    searched: list[Search] = []
    try:
        jobs = jobs_in(
            source, target, options=options, means=means, maps=maps, tell=searched.append,
            make=False,
        )  # fmt: skip
        done = {job.found.name for job in jobs if job.is_done()}
        others = {job.found.name for job in jobs if job.replaces()}
    except (MfifError, OSError) as error:
        return Plan(problem=why(error))
    left = [(str(path), reason) for path, reason in searched[0].left]
    left += [(f"{count} {kind}", "no images") for kind, count in searched[0].others.most_common()]
    return Plan(jobs, done, others, left)


class BatchRun:
    """Jobs one after the other. One thread works, another one looks at how far it is.

    Parameters
    ----------
    jobs : sequence of Job
        What there is to do.
    replace : bool
        Whether files are replaced that hold something else.
    """

    def __init__(self, jobs: Sequence[Job], *, replace: bool) -> None:
        self.jobs, self._replace = list(jobs), replace
        #: The job at hand, and the share of it that is done.
        self.at, self.fraction = 0, 0.0
        #: What became of the jobs so far.
        self.outcomes: list[Outcome] = []
        self._stopped = False
        self.finished = False

    def stop(self) -> None:
        """End after the plane at hand; results that are done stay."""
        self._stopped = True

    def work(self) -> None:
        """Do all jobs; called in a thread."""
        for number, job in enumerate(self.jobs):
            self.at, self.fraction = number, 0.0
            self.outcomes.append(self._one(job))
        self.finished = True

    def _one(self, job: Job) -> Outcome:
        name = job.found.name
        if self._stopped:
            return Outcome(name, CANCELLED)
        others = []
        with suppress(MfifError, OSError):  # what is wrong with it, its run says
            others = [] if self._replace else job.replaces()
        if others:
            files = ", ".join(path.name for path in others)
            return Outcome(name, NOT_REPLACED, f"There is something else already: {files}.")
        return job.run(self._tell)

    def _tell(self, progress: Progress) -> None:
        if self._stopped:
            raise Interrupted
        self.fraction = progress.fraction
