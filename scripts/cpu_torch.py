"""Tell whether pip would install a build of torch for the processor; downloads nothing.

The build for graphics cards, which the usual index has for Linux, brings gigabytes.
usage: PYTHON scripts/cpu_torch.py REQUIREMENT [OPTION OF PIP]... ; exits with 1 if it would not
"""

from __future__ import annotations

import json
import subprocess
import sys

#: A build for graphics cards needs packages with names like these.
CARDS = ("nvidia-", "cuda-", "triton", "pytorch-triton")


def for_the_processor(report: str) -> bool:
    """Tell it by what the builds in a report of pip need where it was made."""
    needs = [
        need
        for one in json.loads(report)["install"]
        if one["metadata"]["name"] == "torch"
        for need in one["metadata"].get("requires_dist", [])
    ]
    return not any(need.startswith(CARDS) and "extra ==" not in need for need in needs)


if __name__ == "__main__":
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    dry = [*pip, "--dry-run", "--no-deps", "--ignore-installed", "--report", "-", *sys.argv[1:]]
    done = subprocess.run(dry, capture_output=True, text=True)
    sys.exit(done.returncode or not for_the_processor(done.stdout))
