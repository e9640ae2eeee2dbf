"""What a whole process costs: wall seconds, processor seconds, peak memory."""

from __future__ import annotations

import compileall
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import napari_mfif

__all__ = ["Cost", "ToolFailed", "compile_ours", "run"]

LAUNCHER = Path(__file__).with_name("launcher.py")


class ToolFailed(Exception):
    """A tool ended with an error, or took too long."""


@dataclass(frozen=True)
class Cost:
    """What one process took, its start included.

    Parameters
    ----------
    wall, cpu : float
        Seconds by the clock, and of the processor in all threads and children.
    peak : float
        Megabytes (10^6 bytes) of the largest process at its largest.
    """

    wall: float
    cpu: float
    peak: float


def compile_ours() -> None:
    """Compile our modules to bytecode, as installing the package does; rivals are installed."""
    compileall.compile_dir(Path(napari_mfif.__file__).parent, quiet=2)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    timeout: float = 300.0,
) -> Cost:
    """Run a command to its end and return what it cost.

    Raises
    ------
    ToolFailed
        With the last lines that the command printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "cost.json"
        log = Path(folder) / "log.txt"
        words = [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *map(str, command)]
        with log.open("wb") as out:
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                child.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise ToolFailed(f"stopped after {timeout:.0f} s") from None
        cost = json.loads(report.read_text())
        if cost["exit"] != 0:
            raise ToolFailed(_last_lines(log, cost["exit"]))
    return Cost(cost["wall"], cost["cpu"], cost["peak"] / 1e6)


def _last_lines(log: Path, code: int) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"exit code {code}: " + " | ".join(line.strip() for line in lines[-3:])
