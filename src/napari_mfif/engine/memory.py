"""How much memory there is, and how it is written."""

from __future__ import annotations

import os
import re
import sys

from napari_mfif.errors import ParameterError

__all__ = ["default_budget", "format_bytes", "free_bytes", "parse_bytes"]

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}

#: The share of the free memory that a fusion takes when nothing else is said.
SHARE = 0.5


def parse_bytes(size: int | str) -> int:
    """Read a size such as ``2GB``, ``500 MB`` or a number of bytes.

    Raises
    ------
    ParameterError
        The text is no size.
    """
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([a-zA-Z]*)\s*", str(size))
    if not match or match[2].upper() not in UNITS:
        raise ParameterError(f"memory={size!r} is no size; write for example 2GB or 500MB.")
    return int(float(match[1]) * UNITS[match[2].upper()])


def format_bytes(size: float) -> str:
    """Write a size for people: ``310 MB``, ``2.1 GB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def free_bytes() -> int:
    """Return the bytes of memory that can be had without swapping."""
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    # macOS does not say what is free without another library: half of what is built in.
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _free_on_windows() -> int:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *[(f"entry{i}", ctypes.c_ulonglong) for i in range(7)],
        ]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status.entry1)


def default_budget() -> int:
    """Return what a fusion may take: a share of what is free."""
    return int(free_bytes() * SHARE)
