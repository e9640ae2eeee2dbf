"""Loading torch in a thread without holding up the window."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

__all__ = ["load_torch_gently"]


def load_torch_gently() -> None:
    """Have the system load torch's largest library while other threads go on.

    Importing torch loads a library of hundreds of megabytes with Python's lock held: half a second
    in which the window stands still. Called as a foreign function the loader holds no lock, and
    the import finds the library loaded. Where this is not possible, nothing is lost.
    """
    spec = importlib.util.find_spec("torch")
    if "torch" in sys.modules or spec is None or spec.origin is None or sys.platform == "win32":
        return
    name = "libtorch_cpu.dylib" if sys.platform == "darwin" else "libtorch_cpu.so"
    library = Path(spec.origin).parent / "lib" / name
    if library.exists():
        load = ctypes.CDLL(None).dlopen
        load.argtypes, load.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        load(os.fsencode(library), os.RTLD_LAZY)
