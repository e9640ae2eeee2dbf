"""Say how far results differ that other processors give: the same recipe, other instruction sets.

usage: PYTHON scripts/compare_cpus.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from test_cpus import processors

METHODS = ("adaptive", "gradient", "laplacian", "guided", "cnn", "fd-fcn")
MAPS = ("image", "depth", "decision", "confidence")


def fuse_all(source: Path, target: Path) -> None:
    """Fuse a z-stack by each method, and keep all maps."""
    from napari_mfif import fuse

    pixels, maps = np.load(source), {}
    for name in METHODS:
        made = fuse(pixels, method=name)
        maps |= {f"{name} {one}": getattr(made, one) for one in MAPS}
    np.savez(target, **maps)


def main() -> None:
    """Print a line for each map that differs."""
    from napari_mfif.simulation import simulate

    kinds = processors()
    simulated = simulate("relief", seed=1, shape=(150, 190), planes=7)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pixels.npy"
        np.save(source, np.asarray(simulated.stack.pixels))
        files = {name: Path(folder) / f"{name}.npz" for name in kinds}
        for name, variables in kinds.items():
            environ = {**os.environ, **variables, "OMP_NUM_THREADS": "1"}
            command = [sys.executable, __file__, source, files[name]]
            subprocess.run(command, env=environ, check=True)
        here = dict(np.load(files.pop("everything")))
        for name, file in files.items():
            for key, there in np.load(file).items():
                apart = np.abs(here[key].astype(float) - there)
                if apart.any():
                    print(f"{name}: {key}: {np.mean(apart > 0):.1%} differ, by {apart.max():.1e}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        fuse_all(*map(Path, sys.argv[1:]))
    else:
        main()
