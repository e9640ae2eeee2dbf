"""The sdist, and the wheel made of it in an environment of its own: what comes with them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Tracked by git, and of no use without it.
NOT_IN_THE_SDIST = {".ci", ".gitignore", ".gitattributes"}


def run(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder of an sdist and of the wheel that was made of it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "-o", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def scripts(built, tmp_path_factory) -> Path:
    """The scripts of a new environment with the wheel; dependencies are lent to it."""
    (wheel,) = built.glob("*.whl")
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    places = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})
    python = Path(places["scripts"]) / ("python.exe" if os.name == "nt" else "python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", "-q", wheel)
    # A path file lends the packages but not the editable install beside them.
    lent = (path for path in sys.path if Path(path).name in ("site-packages", "dist-packages"))
    (Path(places["purelib"]) / "lent.pth").write_text("\n".join(lent))
    where = run(python, "-c", "import napari_mfif; print(napari_mfif.__file__)")
    assert str(home) in where
    return Path(places["scripts"])


def test_sdist_holds_what_is_tracked(built) -> None:
    """Tests, docs and all that they read."""
    git = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(git, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout of git")
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    wanted = {name for name in tracked if name.partition("/")[0] not in NOT_IN_THE_SDIST}
    assert not sorted(wanted - held)


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
