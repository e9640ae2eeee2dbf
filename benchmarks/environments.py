"""An environment for each rival, made by the benchmark and ignored by git."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from napari_mfif.kernels.parallel import usable_processors

__all__ = ["ROOT", "AptPackage", "Environment", "Unavailable", "machine", "own_torch"]

ROOT = Path(__file__).parent / "environments"


class Unavailable(Exception):
    """A rival cannot be installed here; the text says why."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with one rival in it.

    Parameters
    ----------
    name : str
        Of its folder.
    packages : tuple of str
        What pip installs; the first is the rival.
    python : (int, int)
        The oldest Python that the rival accepts.
    """

    name: str
    packages: tuple[str, ...]
    python: tuple[int, int] = (3, 10)

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROOT / self.name

    def program(self, name: str) -> Path:
        """Return the path of a program installed in it."""
        return self.folder / "bin" / name

    def install(self) -> str:
        """Make the environment unless it is there; return the rival's version."""
        ready = self.folder / "ready.json"
        if ready.exists():
            kept = json.loads(ready.read_text())
            if kept["packages"] == list(self.packages):
                return str(kept["version"])
        interpreter = _find_python(self.python)
        shutil.rmtree(self.folder, ignore_errors=True)
        _call([interpreter, "-m", "venv", self.folder], "could not make an environment")
        pip = [self.program("python"), "-m", "pip", "install", "--quiet", "--prefer-binary"]
        _call([*pip, "--disable-pip-version-check", *self.packages], "pip could not install it")
        version = self._version()
        ready.write_text(json.dumps({"packages": list(self.packages), "version": version}))
        return version

    def _version(self) -> str:
        rival = re.split(r"[=<>\[]", self.packages[0])[0]
        code = f"from importlib.metadata import version; print(version({rival!r}))"
        return _call([self.program("python"), "-c", code], "it does not start").strip()


@dataclass(frozen=True)
class AptPackage:
    """Something that Debian and its children package.

    Parameters
    ----------
    packages : tuple of str
        Names; the first is the rival.
    """

    packages: tuple[str, ...]

    def install(self) -> str:
        """Install through apt where that is possible; return the version."""
        if not shutil.which("dpkg-query"):
            raise Unavailable(f"needs the packages {', '.join(self.packages)}, and there is no apt")
        if self._version() is None:
            self._fetch()
        version = self._version()
        if version is None:
            raise Unavailable(f"apt does not install {self.packages[0]}")
        return version

    def _version(self) -> str | None:
        versions = []
        for package in self.packages:
            query = ["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", package]
            answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
            if not answer.startswith("installed "):
                return None
            versions.append(answer.split()[1])
        return versions[0]

    def _fetch(self) -> None:
        if os.geteuid() != 0:
            words = " ".join(self.packages)
            raise Unavailable(f"not installed; `sudo apt-get install {words}` brings it")
        subprocess.run(["apt-get", "update", "-q"], capture_output=True, check=False)
        install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *self.packages]
        _call(install, "apt could not install it")


def own_torch() -> str:
    """Return the requirement that gives a rival the build of torch that we run ourselves.

    A processor build (``2.13.0+cpu``) is asked for by its full name, so that pip never brings
    gigabytes of CUDA in its place.
    """
    try:
        return f"torch=={metadata.version('torch')}"
    except metadata.PackageNotFoundError:
        return "torch"


def _find_python(oldest: tuple[int, int]) -> Path:
    if sys.version_info[:2] >= oldest:
        return Path(sys.executable)
    for candidate in _pythons(oldest):
        check = [candidate, "-c", "import ensurepip, sys; print(sys.version_info[:2])"]
        answer = subprocess.run(check, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return candidate
    raise Unavailable(f"needs Python {oldest[0]}.{oldest[1]} or newer")


def _pythons(oldest: tuple[int, int]) -> Iterator[Path]:
    names = [f"python{oldest[0]}.{minor}" for minor in range(oldest[1], oldest[1] + 3)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in names:
        if found := shutil.which(name):
            yield Path(found)
        yield from sorted(pyenv.glob(f"*/bin/{name}"))


def _call(command: Sequence[str | Path], trouble: str) -> str:
    words = [str(word) for word in command]
    try:
        answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=900)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{trouble}: no answer in 15 minutes") from None
    if answer.returncode != 0:
        errors = [line for line in answer.stderr.splitlines() if line.startswith(("ERROR", "E:"))]
        last = (errors or answer.stderr.strip().splitlines() or ["no message"])[0]
        raise Unavailable(f"{trouble}: {last}")
    return answer.stdout


def machine() -> dict[str, str | int]:
    """Return what the benchmark ran on, for the page."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text())
        model = found.group(1).strip() if found else model
    return {
        "processor": model,
        "cores": usable_processors(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
