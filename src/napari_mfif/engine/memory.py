"""How much memory there is, and how it is written; `napari_mfif.engine.driver.plan` keeps to it."""

from __future__ import annotations

import os
import re
import sys

from napari_mfif.errors import ParameterError

__all__ = ["default_budget", "format_bytes", "free_bytes", "keep_freed_memory", "parse_bytes"]

BYTES_PER = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES_PER |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}

#: glibc's M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_TOP_PAD.
MALLOC = {-8: 1, -3: 2**30, -1: 2**30, -2: 2**25}

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
    if not match or match[2].upper() not in BYTES_PER:
        raise ParameterError(f"`memory={size}` is no size; write for example 2GB or 500MB.")
    return int(float(match[1]) * BYTES_PER[match[2].upper()])


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


def keep_freed_memory() -> None:
    """Let this process keep what it frees instead of fetching it from the system again.

    A fold makes and drops arrays of the same sizes all the time; with glibc's defaults the system
    hands out and zeroes every one of them anew, a fifth of the time of a fusion. For programs of
    our own only: elsewhere the setting is somebody else's.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in MALLOC.items():
            mallopt(option, value)


def default_budget() -> int:
    """Return what a fusion may take: a share of what is free."""
    return int(free_bytes() * SHARE)
