"""How far a run is, over all that is done in it, and how long it will take yet."""

from __future__ import annotations

import time
from collections.abc import Mapping

from napari_mfif.fusion.api import Progress
from napari_mfif.fusion.estimate import PARTS, format_seconds

__all__ = ["Pace"]

#: From this share of a part on, what it took so far says all about what is left of it.
KNOWN = 0.3

#: How parts are taken to be to one another where nothing was estimated.
GUESS = {"aligning": 2.0, "looking": 0.3, "fusing": 1.0, "composing": 0.3, "showing": 0.3}


class Pace:
    """One bar and one estimate over all parts of a run, corrected while it runs.

    Parameters
    ----------
    expected : mapping
        Seconds of each of `PARTS` that will be done, and of ``"showing"`` the layers.
    n_planes : int
        Planes, times passes and timepoints, are what is counted within a part.
    n_times : int
        Timepoints.
    aligns : bool
        Whether planes are aligned.
    """

    def __init__(
        self, expected: Mapping[str, float], n_planes: int, n_times: int, *, aligns: bool
    ) -> None:
        #: Whether it is known how long anything takes: from an estimate, or from a part of the run.
        self._known = bool(expected)
        known = expected or {**GUESS, "aligning": GUESS["aligning"] if aligns else 0.0}
        self._parts = [part for part in (*PARTS, "showing") if known.get(part)]
        self._expected = dict(known)
        self._n_planes, self._n_times = n_planes, n_times
        self._began = self._part_began = time.perf_counter()
        self._part = self._parts[0]
        #: What is done of the part, and what was when it was first told of.
        self._share = self._share_began = 0.0
        #: Share that is done; it never falls.
        self.fraction = 0.0
        #: Seconds that are left; nothing before that is known.
        self.left: float | None = sum(self._expected.values()) if self._known else None

    def note(self, progress: Progress) -> str:
        """Note where a fusion stands; return it in words: ``plane 14 of 24, 1.4 s left``."""
        part, share = self._place(progress)
        now = time.perf_counter()
        if part != self._part:
            self._part, self._part_began, self._share_began = part, now, share
        self._share = share
        self._correct(now)
        words = self._words(progress, part)
        return words if self.left is None else f"{words}, {format_seconds(self.left)} left"

    def _correct(self, now: float) -> None:
        spent, counted = now - self._part_began, self._share - self._share_began
        expected = self._expected.get(self._part, 0.0)
        # what takes longer than expected, no one knows how long, may take as long again
        here = expected * (1 - self._share) if self._share else abs(expected - spent)
        weight, slower = min(1.0, counted / KNOWN), 1.0
        if counted > 0:
            here = (1 - weight) * here + weight * spent / counted * (1 - self._share)
        if weight == 1 and expected > 0:
            slower = spent / counted / expected
        if weight == 1 and not self._known:  # the first measure of how long anything takes
            self._expected = {part: value * slower for part, value in self._expected.items()}
            self._known, slower = True, 1.0
        behind = self._parts.index(self._part) if self._part in self._parts else -1
        if self._known:
            after = sum(self._expected[part] for part in self._parts[behind + 1 :])
            self.left = here + after * slower
            elapsed = now - self._began
            reached = elapsed / max(elapsed + self.left, 1e-9)
        else:
            before = sum(self._expected[part] for part in self._parts[: max(0, behind)])
            reached = (before + self._share * expected) / sum(self._expected.values())
        self.fraction = max(self.fraction, reached)

    def _place(self, progress: Progress) -> tuple[str, float]:
        """Return the part that is being done, and which share of it is."""
        if progress.stage.startswith("Aligning"):
            return "aligning", progress.done / max(1, progress.total)
        if progress.done == 0:
            return "looking", 0.0
        counted = max(1, progress.total - 1)
        if progress.done >= counted:
            return "composing", 0.0
        return "fusing", progress.done / counted

    def _words(self, progress: Progress, part: str) -> str:
        if part == "looking":
            return progress.stage.lower()
        if part == "composing":
            return "composing the image"
        counted = progress.total if part == "aligning" else progress.total - 1
        per_time = max(self._n_planes, counted // self._n_times)
        timepoint, within = divmod(progress.done - 1, per_time)
        turn, plane = divmod(within, self._n_planes)
        words = [f"plane {min(plane, self._n_planes - 1) + 1} of {self._n_planes}"]
        if (turns := -(-per_time // self._n_planes)) > 1:
            words.append(f"pass {turn + 1} of {turns}")
        if self._n_times > 1:
            words.insert(0, f"timepoint {timepoint + 1} of {self._n_times}")
        if part == "aligning":
            words[0] = f"aligning {words[0]}"
        return ", ".join(words)
