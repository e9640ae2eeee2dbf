"""``napari-mfif methods``: the methods and their parameters."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

__all__ = ["add", "run"]


def add(commands: Any) -> argparse.ArgumentParser:
    """Declare the command and its options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "methods", help="list the methods and their parameters"
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)
    return parser


def run(given: argparse.Namespace) -> int:
    """Print methods and parameters."""
    import json

    from napari_mfif import methods
    from napari_mfif.settings.consistency import CONSISTENCY

    tables = {
        name: [_described(p) for p in methods.get(name).all_parameters()]
        for name in methods.names()
    }
    if given.json:
        described = {
            name: {
                "title": methods.get(name).title,
                "summary": methods.get(name).summary,
                "reference": methods.get(name).reference,
                "along": list(methods.get(name).along),
                "parameters": table,
            }
            for name, table in tables.items()
        }
        cleaning = [_described(p) for p in CONSISTENCY]
        print(json.dumps({"methods": described, "consistency": cleaning}, indent=2))
        return 0
    for name, table in tables.items():
        method = methods.get(name)
        print(f"{name}: {method.title}. {method.summary}")
        _print_table(table)
    print("consistency verification, after any method:")
    _print_table([_described(p) for p in CONSISTENCY])
    return 0


def _described(parameter: Any) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "type": parameter.kind.__name__,
        "default": parameter.default,
        "range": parameter.range_text,
        "help": parameter.help,
        "advanced": parameter.advanced,
    }


def _print_table(table: Sequence[dict[str, Any]]) -> None:
    for row in table:
        print(f"    {row['name']}={row['default']}  ({row['range']})  {row['help']}")
    print()
