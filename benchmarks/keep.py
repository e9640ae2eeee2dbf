"""The numbers as JSON: small files, one row a line, so that a change is a readable diff."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["BESIDE", "RESULTS", "load", "load_rows", "merge", "save", "save_rows"]

RESULTS = Path(__file__).parent / "results"
#: Where pictures are looked for that nobody names: beside the checkout.
BESIDE = Path(__file__).parents[2] / "shared" / "data"

Row = dict[str, Any]
_KEY = ("kind", "noise", "seed", "fault", "tool")


def save(name: str, content: dict[str, Any]) -> None:
    """Keep one dictionary under a name, with the day it was made."""
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"made": made} | content | {"made": made}, indent=1, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """Return what was kept under a name; empty when there is nothing."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def save_rows(name: str, rows: Iterable[Row]) -> None:
    """Keep rows as a table: the column names once, then one line per row."""
    listed = list(rows)
    columns = list(dict.fromkeys(key for row in listed for key in row))
    lines = [json.dumps([row.get(key) for key in columns], ensure_ascii=False) for row in listed]
    body = ",\n  ".join(lines)
    RESULTS.mkdir(exist_ok=True)
    text = f'{{"columns": {json.dumps(columns)},\n "rows": [\n  {body}\n ]}}\n'
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")


def load_rows(name: str) -> list[Row]:
    """Return the rows kept under a name."""
    content = load(name)
    columns = content.get("columns", [])
    rows = [dict(zip(columns, row, strict=True)) for row in content.get("rows", [])]
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def merge(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Put new rows in the place of old ones of the same tool and scene.

    Old rows are dropped where choosing by the true depth gives another result than then: the
    pictures are not the same any more.
    """
    fresh = {_key(row): row for row in new}
    truth = {_scene(row): row["psnr"] for row in new if row["tool"] == "true depth"}
    same = {
        _scene(row)
        for row in old
        if row["tool"] == "true depth" and truth.get(_scene(row)) == row["psnr"]
    }
    kept = {_key(row): row for row in old if _scene(row) in same or _scene(row) not in truth}
    return list((kept | fresh).values())


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in _KEY)


def _scene(row: Row) -> tuple[Any, ...]:
    return _key(row)[:-1]
