"""The rivals: one small class each, which knows how to install it and how to call it fairly.

All get the same planes, already aligned, and are told so where they would align. All keep 16
bits. Options are the ones that do best on stacks of known truth, or the program's defaults.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tifffile
from numpy.typing import NDArray

from benchmarks.environments import AptPackage, Environment, Unavailable, own_torch
from benchmarks.measure import run
from benchmarks.stacks import Inputs
from benchmarks.tools import Outcome, Tool

__all__ = ["LEFT_OUT", "RIVALS", "Rival", "install"]

RUNNERS = Path(__file__).parent / "runners"

#: Programs of the field that no package registry gives in a form that can be run here.
LEFT_OUT = {
    "focus-stack (PetteriAimonen)": "not packaged in Debian 12 or on PyPI; it is built from source",
    "z-stackr": "on PyPI as source only; building it takes Rust and its crates",
    "focusstacker": "writes JPEG of 8 bits only and always aligns with SIFT",
    "EPFL Extended Depth of Field": "an ImageJ plugin that is not in a package registry",
    "Helicon Focus, Zerene Stacker": "not free",
}


@dataclass(frozen=True)
class Rival(Tool):
    """A program of others."""

    group: ClassVar[str] = "rival"

    @abstractmethod
    def install(self) -> str:
        """Install it; return its version; raise Unavailable."""

    def gain(self, inputs: Inputs) -> float:
        """Rivals get brightened planes."""
        return float(inputs.gain)

    def environ(self, inputs: Inputs) -> Mapping[str, str]:
        """Keep their settings and logs out of the user's home."""
        home = inputs.folder.parent / "home"
        home.mkdir(exist_ok=True)
        return {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


@dataclass(frozen=True)
class Enfuse(Rival):
    """enfuse of the Enblend project, with hard masks by local contrast."""

    window: int

    def install(self) -> str:
        """From Debian."""
        return AptPackage(("enfuse",)).install()

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Contrast alone decides."""
        weights = ["--contrast-weight=1", "--exposure-weight=0", "--saturation-weight=0"]
        window = f"--contrast-window-size={self.window}"
        planes = sorted(inputs.files.glob("*.tif"))
        return ["enfuse", "--hard-mask", *weights, window, f"--output={out}", *planes]


@dataclass(frozen=True)
class FocusWeave(Rival):
    """focusweave, a Laplacian pyramid with weights by sharpness."""

    sharpness: float
    environment: ClassVar[Environment] = Environment("focusweave", ("focusweave",))

    def install(self) -> str:
        """From PyPI."""
        return self.environment.install()

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Its own command line, without alignment."""
        program = self.environment.program("focusweave")
        options = ["--no-align", "--keep-size", "--sharpness", str(self.sharpness)]
        return [program, inputs.files, "--output", out, *options]


@dataclass(frozen=True)
class ShineStacker(Rival):
    """shinestacker: pyramid or depth map."""

    algorithm: str
    environment: ClassVar[Environment] = Environment(
        "shinestacker", ("shinestacker",), python=(3, 12)
    )

    def install(self) -> str:
        """From PyPI."""
        return self.environment.install()

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Its Python interface; it takes RGB only."""
        python, runner = self.environment.program("python"), RUNNERS / "run_shinestacker.py"
        return [python, runner, inputs.rgb_files, out, self.algorithm]


@dataclass(frozen=True)
class PyClEsperanto(Rival):
    """pyclesperanto's projection by Sobel gradient, on OpenCL."""

    sigma: float
    environment: ClassVar[Environment] = Environment("pyclesperanto", ("pyclesperanto", "tifffile"))

    def install(self) -> str:
        """From PyPI, with pocl of Debian as the OpenCL of the processor."""
        AptPackage(("pocl-opencl-icd", "ocl-icd-libopencl1")).install()
        return self.environment.install()

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Its Python interface."""
        python, runner = self.environment.program("python"), RUNNERS / "run_pyclesperanto.py"
        return [python, runner, inputs.stack, out, str(self.sigma)]


@dataclass(frozen=True)
class OpenFocus(Rival):
    """OpenFocus with one of its methods; its networks come with their weights."""

    method: str
    mode: str = ""
    gives_depth: bool = False
    environment: ClassVar[Environment] = Environment("openfocus", ("openfocus", own_torch()))

    def install(self) -> str:
        """From PyPI."""
        return self.environment.install()

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Its own command line, without alignment.

        It would scale all planes to the mean of the last one, which only helps where the lamp
        drifts.
        """
        program = self.environment.program("openfocus")
        exposure = "--exposure-match" if inputs.drifts else "--no-exposure-match"
        options = ["-m", self.method, "--cpu", "--align", "none", exposure]
        mode = ["--ai-mode", self.mode] if self.mode else []
        return [program, "-i", inputs.files, "-o", out, *options, *mode]

    def depth(self, inputs: Inputs) -> NDArray[Any] | None:
        """Its depth as numbers; made by a second run that is not counted."""
        if not self.gives_depth:
            return None
        out = inputs.folder / "depth.npy"
        python, runner = self.environment.program("python"), RUNNERS / "run_openfocus_depth.py"
        words = [python, runner, inputs.files, out, self.method, *([self.mode] * bool(self.mode))]
        run(words, cwd=inputs.folder, environ=self.environ(inputs))
        return np.asarray(np.load(out))


@dataclass(frozen=True)
class OpenFocusHard(OpenFocus):
    """A network of OpenFocus that takes the likeliest plane: image and depth are one answer."""

    def command(self, inputs: Inputs, out: Path) -> list[str | Path]:
        """Ask for the planes; the image is copied from them."""
        python, runner = self.environment.program("python"), RUNNERS / "run_openfocus_depth.py"
        return [python, runner, inputs.files, out.with_suffix(".npy"), self.method, "hard"]

    def fuse(self, inputs: Inputs, *, maps: bool = True) -> Outcome:
        """Run the network once."""
        out = inputs.folder / "fused.tif"
        cost = self.spend(inputs, out)
        depth = np.load(out.with_suffix(".npy"))
        pixels = tifffile.imread(inputs.ours)
        places = np.rint(depth).astype(np.intp).reshape(1, *depth.shape, *[1] * (pixels.ndim - 3))
        image = np.take_along_axis(pixels, places, axis=0)[0].astype(np.float32)
        return Outcome(cost, image, depth)


RIVALS: tuple[Rival, ...] = (
    OpenFocus("StackMFF V3", "openfocus, its default", "stackmffv3", "soft", gives_depth=True),
    OpenFocusHard("StackMFF V3 hard", "openfocus, mode hard", "stackmffv3", "hard"),
    OpenFocus("OpenFocus C", "openfocus, -m openfocus_c", "openfocus_c", gives_depth=True),
    OpenFocus("OpenFocus guided", "openfocus, -m guided_filter", "guided_filter"),
    FocusWeave("focusweave", "defaults (sharpness 4), no alignment", 4),
    FocusWeave("focusweave hard", "--sharpness 6 (at 8 its weights underflow), no alignment", 6),
    PyClEsperanto("pyclesperanto Sobel", "extended_depth_of_focus_sobel_projection, sigma 5", 5),
    ShineStacker("shinestacker pyramid", "PyramidStack, defaults", "pyramid"),
    ShineStacker("shinestacker depth map", "DepthMapStack, defaults", "depthmap"),
    Enfuse("enfuse hard", "--hard-mask, contrast weight 1, window 5", 5),
    Enfuse("enfuse hard w9", "--hard-mask, contrast weight 1, window 9", 9),
)


def install(rivals: tuple[Rival, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Install rivals one after the other.

    Returns
    -------
    versions, missing : dict
        Version by rival's name, and the reason by name of those that are left out.
    """
    versions: dict[str, str] = {}
    missing: dict[str, str] = {}
    for rival in rivals:
        try:
            versions[rival.name] = rival.install()
        except Unavailable as reason:
            missing[rival.name] = str(reason)
    return versions, missing
