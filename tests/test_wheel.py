"""The wheel in an environment of its own: command, manifest and weights come with it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> Path:
    """The scripts of a new environment with the wheel; dependencies are lent to it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "-q", "-w", folder, ROOT]
    run(*pip, *build)
    (wheel,) = folder.glob("*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=False)
    places = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})
    python = Path(places["scripts"]) / ("python.exe" if os.name == "nt" else "python")
    run(*pip, "--python", python, "install", "--no-deps", "-q", wheel)
    # A path file lends the packages but not the editable install beside them.
    (Path(places["purelib"]) / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    where = run(python, "-c", "import napari_mfif; print(napari_mfif.__file__)")
    assert str(home) in where
    return Path(places["scripts"])


def test_wheel_brings_the_command(scripts) -> None:
    assert "adaptive" in run(scripts / "napari-mfif", "methods")


def test_wheel_brings_a_manifest_that_validates(scripts) -> None:
    code = "from npe2.cli import main; main()"
    said = run(scripts / "python", "-c", code, "validate", "napari-mfif")
    assert "valid" in said.lower()


@pytest.mark.torch
def test_wheel_brings_the_weights(scripts) -> None:
    code = (
        "import numpy as np, napari_mfif\n"
        "planes = np.random.default_rng(0).random((2, 40, 50)).astype('f4')\n"
        "print(napari_mfif.fuse(planes, method='cnn').image.shape)"
    )
    assert "(40, 50)" in run(scripts / "python", "-c", code)
