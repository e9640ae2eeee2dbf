"""Run the tests for one mutant after the other in this process, where all is imported already.

usage, in the folder of the mutants: PYTHON scripts/mutants_in_turn.py OUT [OPTION OF PYTEST]...
Names come from the standard input, a line each; those that no test noticed go to OUT as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType

import pytest

#: Seconds of computing for the tests of a mutant, and so many times those of the code itself.
LEAST, TIMES = 5.0, 10.0
#: The code itself is tested again after so many mutants: none may leave traces.
EVERY = 50


class Endless(BaseException):
    """The tests of a mutant come to no end."""


def stop(number: int, frame: FrameType | None) -> None:
    """End a test."""
    raise Endless


def passes(name: str, options: list[str]) -> bool:
    """Tell whether all tests pass with a mutant; without a name with the code itself."""
    os.environ["MUTANT_UNDER_TEST"] = name  # mutmut's own variable
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return pytest.main(["-x", "-q", "--rootdir=.", "--tb=no", *options]) == pytest.ExitCode.OK


def main(out: str, options: list[str]) -> int:
    """Try all; return 1 where the tests fail without a mutant."""
    names = sys.stdin.read().split()
    begun = sum(os.times()[:2])
    if not passes("", options):
        print("The tests fail without a mutant.")
        return 1
    limit = LEAST + TIMES * (sum(os.times()[:2]) - begun)
    signal.signal(signal.SIGPROF, stop)
    alive = []
    for number, name in enumerate(names, start=1):
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            if passes(name, options):
                alive.append(name)
        except Endless:  # outside of a test, which would have failed by it
            pass
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if (number % EVERY == 0 or number == len(names)) and not passes("", options):
            print(f"After {name} or one of the {EVERY} before it the tests fail without a mutant.")
            return 1
    Path(out).write_text(json.dumps(alive), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
