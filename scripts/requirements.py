"""Print what the project and its extras need, one requirement a line.

usage: python scripts/requirements.py [--extra NAME]... [--without NAME]...
"""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def requirements(extras: list[str], without: list[str]) -> list[str]:
    """Return the requirements of the project and of some extras, but for some packages."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    names = {one: re.split(r"[^\w.-]", one, maxsplit=1)[0] for one in wanted}
    return [one for one in dict.fromkeys(wanted) if names[one] not in without]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    given = parser.parse_args()
    print("\n".join(requirements(given.extra, given.without)))
