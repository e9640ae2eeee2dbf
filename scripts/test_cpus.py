"""Run the tests that compare numbers as other processors would, with one and with two threads.

OpenCV, NumPy, OpenBLAS, oneDNN, MKL and torch are kept from the instructions that lesser processors
lack, by the variables that each of them has for it. ONNX Runtime has none: what it computes is the
same in all rows. usage: PYTHON scripts/test_cpus.py [PYTEST]...
"""

from __future__ import annotations

import os
import subprocess
import sys

TESTS = [
    "tests/alignment",
    "tests/engine/test_aligned.py",
    "tests/engine/test_lazy.py",
    "tests/engine/test_levels.py",
    "tests/engine/test_tiles.py",
    "tests/fusion/test_fusion.py",
    "tests/kernels",
    "tests/methods",
    "tests/metrics",
    "tests/networks",
    "tests/postprocess",
    "tests/simulation",
    "tests/training/test_measured.py",
]


def found() -> tuple[list[str], list[str]]:
    """Return the instruction sets that OpenCV and NumPy choose among on this processor."""
    import cv2
    import numpy as np

    words = cv2.getCPUFeaturesLine().split()
    chosen = [word[1:] for word in words if word.startswith("*") and not word.endswith("?")]
    return chosen, list(np.show_config(mode="dicts")["SIMD Extensions"]["found"])


def wide(name: str) -> bool:
    """Tell whether an instruction set is beyond AVX2."""
    return name.startswith("AVX512") or name == "X86_V4"


def processors() -> dict[str, dict[str, str]]:
    """Return what makes the libraries behave as on each kind of processor."""
    cv_sets, np_sets = found()

    def kept_from(cv: list[str], np_: list[str]) -> dict[str, str]:
        numpy_only = {"NPY_DISABLE_CPU_FEATURES": " ".join(np_)} if np_ else {}
        return {"OPENCV_CPU_DISABLE": ",".join(cv), **numpy_only}

    return {
        "baseline": {
            **kept_from(cv_sets, np_sets),
            "OPENCV_IPP": "disabled",
            "OPENBLAS_CORETYPE": "Nehalem",
            "ATEN_CPU_CAPABILITY": "default",
            "ONEDNN_MAX_CPU_ISA": "SSE41",
            "MKL_CBWR": "COMPATIBLE",
        },
        "AVX2": {
            **kept_from([one for one in cv_sets if wide(one)], [n for n in np_sets if wide(n)]),
            "OPENCV_IPP": "avx2",
            "OPENBLAS_CORETYPE": "Haswell",
            "ATEN_CPU_CAPABILITY": "avx2",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        },
        "everything": {},
    }


def main(options: list[str]) -> int:
    """Run them all; return how many kinds failed."""
    failed = []
    for name, variables in processors().items():
        for threads in ("1", "2"):
            what = f"{name}, {threads} thread{'s' * (threads > '1')}"
            print(f"== {what}", flush=True)
            environ = {**os.environ, **variables, "OMP_NUM_THREADS": threads}
            environ["OPENCV_FOR_THREADS_NUM"] = threads
            pytest = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--maxprocesses", "4"]
            command = [*pytest, "--dist", "loadfile", *(options or TESTS)]
            if subprocess.run(command, env=environ).returncode:
                failed.append(what)
    for what in failed:
        print(f"FAILED: {what}", file=sys.stderr)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
