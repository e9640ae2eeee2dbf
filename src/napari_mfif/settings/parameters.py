"""How a parameter is declared once.

Function signatures, ``--set name=value``, the forms in napari, recipes and the
documentation are all made from these declarations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from napari_mfif.errors import ParameterError

__all__ = ["Parameter", "Settings", "resolve"]

Settings = dict[str, Any]

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True)
class Parameter:
    """One adjustable value of a method or of the consistency verification.

    Parameters
    ----------
    name : str
        The name in Python and after ``--set``.
    kind : type
        ``bool``, ``int``, ``float`` or ``str``.
    default : bool, int, float or str
        What is used when nothing is given.
    help : str
        One plain sentence for somebody who knows the microscope, not the method.
    title : str, optional
        The label in a form; made from the name when empty.
    minimum, maximum : float, optional
        The closed range of a number.
    choices : tuple of str, optional
        The words that a ``str`` parameter may be, and an ``int`` besides numbers.
    unit : str, optional
        The unit in words or symbols, for example ``"px"``.
    advanced : bool, optional
        Whether a form hides it until asked.
    fine : bool, optional
        Whether small values matter most, so that a slider has more room for them.
    """

    name: str
    kind: type
    default: Any
    help: str
    title: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    advanced: bool = False
    fine: bool = False

    @property
    def label(self) -> str:
        """The title, or the name in words."""
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def range_text(self) -> str:
        """The permitted values in words, for messages and tables."""
        if self.kind is bool:
            return "true or false"
        if self.choices:
            number = f", or a number from {self.minimum:g} on" if self.kind is int else ""
            return ", ".join(self.choices) + number
        unit = f" {self.unit}" if self.unit else ""
        if self.minimum is None and self.maximum is None:
            return f"any {self.kind.__name__}{unit}"
        if self.maximum is None:
            return f"at least {self.minimum:g}{unit}"
        if self.minimum is None:
            return f"at most {self.maximum:g}{unit}"
        return f"{self.minimum:g} to {self.maximum:g}{unit}"

    def check(self, value: Any) -> Any:
        """Return the value in this parameter's type.

        Raises
        ------
        ParameterError
            The value has another type or lies outside the range.
        """
        try:
            converted = self._convert(value)
        except (OverflowError, TypeError, ValueError):
            converted = None
        if converted is None or not self._permits(converted):
            raise ParameterError(
                f"`{self.name}={_shown(value)}` is not possible: it must be {self.range_text} "
                f"(default {self.default!r})."
            )
        return converted

    def parse(self, text: str) -> Any:
        """Return the value written as text, as after ``--set name=``."""
        word = text.strip()
        if word in self.choices:
            return self.check(word)
        if self.kind is bool and word.lower() in _TRUE | _FALSE:
            return word.lower() in _TRUE
        if self.kind in (int, float):
            try:
                return self.check(self.kind(word))
            except ValueError:
                pass
        return self.check(word)

    def _convert(self, value: Any) -> Any:
        if self.kind is bool:
            return bool(value) if value in (True, False) else None
        if isinstance(value, bool):
            return None
        if value in self.choices:
            return value
        if self.kind is int:
            return int(value) if int(value) == value else None
        if self.kind is float:
            return float(value) if not isinstance(value, str) else None
        return value if isinstance(value, str) else None

    def _permits(self, value: Any) -> bool:
        if value in self.choices:
            return True
        if self.kind in (int, float):
            return math.isfinite(value) and (
                (self.minimum is None or value >= self.minimum)
                and (self.maximum is None or value <= self.maximum)
            )
        return not self.choices


def resolve(parameters: Sequence[Parameter], given: Mapping[str, Any], *, owner: str) -> Settings:
    """Fill a complete set of values from those given and the defaults.

    Parameters
    ----------
    parameters : sequence of Parameter
        What may be set.
    given : mapping
        Values by name; texts are not parsed here.
    owner : str
        Whose parameters they are, for the message.

    Returns
    -------
    dict
        A value for every parameter.

    Raises
    ------
    ParameterError
        A name is unknown or a value is not possible.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise ParameterError(unknown_name("parameter", name, known, of=owner))
    return {
        name: parameter.check(given[name]) if name in given else parameter.default
        for name, parameter in known.items()
    }


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def unknown_name(what: str, name: str, known: Mapping[str, Any], *, of: str = "") -> str:
    """Say that a name is unknown, which was probably meant, and which there are."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    owner = f" of {of}" if of else ""
    there = ", ".join(known) if known else "none"
    return f"Unknown {what} {name!r}{owner}.{hint} Available: {there}."
