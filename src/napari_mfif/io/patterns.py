"""Patterns of file names: ``{sample}_{z}.tif`` says which part of a name means what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from napari_mfif.errors import ParameterError

__all__ = ["IGNORED", "ROLES", "Pattern", "compile_pattern", "role_of"]

#: The role of a part that says nothing.
IGNORED = ""

#: Names of fields that stand for an axis or for nothing; any other name is part of a position.
ROLES = {
    "z": "Z", "plane": "Z", "slice": "Z",
    "c": "C", "ch": "C", "channel": "C",
    "t": "T", "time": "T",
    "_": IGNORED, "ignore": IGNORED,
}  # fmt: skip

FIELD = re.compile(r"\{(?P<name>[A-Za-z_]\w*)(?::(?P<spec>[^{}]*))?\}|(?P<option>[<>])")
NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
TEXT = r"[^/]+?"
SUFFIX = re.compile(r"(?:\.ome)?\.(?:tiff?|tf[28]|btf|lsm|stk|png|jpe?g)$", re.IGNORECASE)


def role_of(field: str) -> str:
    """Return the axis that a field's name stands for, ``"P"`` for part of a position.

    Examples
    --------
    >>> role_of("z"), role_of("channel"), role_of("mouse")
    ('Z', 'C', 'P')
    """
    return ROLES.get(field.lower(), "P")


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern.

    Parameters
    ----------
    text : str
        As it was written.
    expression : re.Pattern
        Matches a name, or the last parts of a path.
    fields : mapping
        Group of the expression to the field's name.
    depth : int
        How many folders the pattern names.
    """

    text: str
    expression: re.Pattern[str]
    fields: Mapping[str, str]
    depth: int = 0

    def match(self, path: Path) -> list[tuple[str, str]] | None:
        """Return field names and texts in the order of the pattern; None where it does not fit."""
        parts = path.parts[len(path.parts) - 1 - self.depth :]
        found = self.expression.fullmatch("/".join(parts))
        if found is None or len(parts) <= self.depth:
            return None
        return [(name, found[group] or "") for group, name in self.fields.items()]

    def roles(self) -> set[str]:
        """Return the roles of its fields."""
        return {role_of(name) for name in self.fields.values()}


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Compile a pattern.

    ``{z}``, ``{c}`` and ``{t}`` are plane, channel and time, ``{_}`` is ignored, any other name is
    part of the position: ``{sample}``, ``{well}``. Without more, a plane or time is a number and
    the others any text. ``{z:3}`` has exactly three digits, ``{z:##}`` at least two, ``{well:A##}``
    a capital and at least two digits, ``{c:DAPI|GFP*}`` is one of several texts. What stands
    between ``<`` and ``>`` may be missing. The ending may be left out.

    Raises
    ------
    ParameterError
        It has no field, or a bracket without its other half.
    """
    body = text.strip().replace("\\", "/")
    suffix = SUFFIX.search(body)
    ending = f"(?i:{re.escape(suffix[0])})" if suffix else rf"(?i:{SUFFIX.pattern[:-1]})"
    body = body[: suffix.start()] if suffix else body
    pieces, fields, place, depth = [], {}, 0, 0
    for number, found in enumerate(FIELD.finditer(body)):
        pieces.append(re.escape(body[place : found.start()]))
        place = found.end()
        if found["option"]:
            pieces.append("(?:" if found["option"] == "<" else ")?")
            depth += 1 if found["option"] == "<" else -1
        else:
            group = f"f{number}"
            fields[group] = found["name"]
            pieces.append(f"(?P<{group}>{_expression(found['name'], found['spec'])})")
        if depth not in (0, 1):
            break
    rest = body[place:]
    if not fields or depth != 0 or re.search(r"[{}]", FIELD.sub("", body)):
        raise ParameterError(
            f'`pattern="{text}"` cannot be used: it needs fields such as {{z}}, {{c}}, {{t}} or '
            '{sample}, each closed. For example `pattern="{sample}_{z}.tif"`.'
        )
    expression = re.compile("".join([*pieces, re.escape(rest)]) + ending)
    return Pattern(text, expression, fields, body.count("/"))


def _expression(name: str, spec: str | None) -> str:
    """Return the regular expression of one field."""
    role = role_of(name)
    if not spec:
        return NUMBER if role in ("Z", "T") else r"[^/]*?" if role == IGNORED else TEXT
    if spec.isdigit():
        return rf"\d{{{spec}}}"
    if re.fullmatch(r"A*#*", spec):
        letters, digits = spec.count("A"), spec.count("#")
        return (rf"[A-Z]{{1,{letters}}}" if letters else "") + (
            rf"\d{{{digits},}}" if digits else ""
        )
    return "|".join(re.escape(one).replace(r"\*", r"[^/]*?") for one in spec.split("|"))
