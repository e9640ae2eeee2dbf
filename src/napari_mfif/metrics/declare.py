"""What a measure says of itself: one declaration beside each function, read by tables and docs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from textwrap import fill
from typing import Any, Literal, TypeVar, get_args

__all__ = ["Better", "Measure", "Needs", "declaration", "measure"]

#: Which values are the better ones; "nearer to 0" where both signs occur.
Better = Literal["higher", "lower", "nearer to 0", "neither"]

#: What a measure compares: the arguments of its function, in this order.
Needs = Literal["sources, fused", "fused", "fused, truth", "depth, true depth", "confidence, right"]

_IMAGES = """
Parameters
----------
*images : array-like, (Y, X)
    The sources and, last, the fused image: grey, with values from 0 to 255.
"""
_FUSED = """
Parameters
----------
fused : array-like, (Y, X)
    The fused image: grey, with values from 0 to 255.
"""
_PARAMETERS = {"sources, fused": _IMAGES, "fused": _FUSED}

Function = TypeVar("Function", bound=Callable[..., float])


@dataclass(frozen=True)
class Measure:
    """The declaration of a measure.

    Parameters
    ----------
    name : str
        The name it has in tables.
    plain : str
        A few plain words for it, for the head of a column.
    function : callable
        Takes arrays, returns a float.
    needs : str
        What the function is given, in its order.
    better : {"higher", "lower", "nearer to 0", "neither"}
        Which values are the better ones.
    span : str
        The values that occur.
    formula : str
        The definition, as it is computed.
    fooled : str
        One sentence: what it does not notice, or takes for quality.
    several : str
        What it means for more than two sources; empty where nothing changes.
    reference : str
        Where it comes from; empty for what everybody defines alike.
    """

    name: str
    plain: str
    function: Callable[..., float]
    needs: Needs
    better: Better
    span: str
    formula: str
    fooled: str
    several: str
    reference: str

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


def measure(
    name: str,
    plain: str,
    *,
    span: str,
    formula: str,
    fooled: str,
    reference: str = "",
    several: str = "",
    better: Better = "higher",
    needs: Needs = "sources, fused",
) -> Callable[[Function], Function]:
    """Declare a measure and complete its docstring from the declaration.

    The function itself is returned, so calls cost nothing; see `Measure` for the values.
    """
    assert better in get_args(Better) and needs in get_args(Needs)

    def declared(function: Function) -> Function:
        own = cleandoc(function.__doc__ or "")
        parameters = "" if "Parameters\n" in own else _PARAMETERS[needs]
        direction = "neither direction is better" if better == "neither" else f"{better} is better"
        notes = [f"Range: {span}; {direction}.", formula]
        notes += [f"More than two sources: {several}"] if several else []
        notes += [f"What fools it: {fooled}"]
        wrapped = "\n\n".join(fill(note, 88) for note in notes)
        text = f"{own}\n{parameters}\nNotes\n-----\n{wrapped}\n"
        source = f"\nReferences\n----------\n{reference}\n" if reference else ""
        function.__doc__ = text + source
        about = Measure(
            name, plain, function, needs, better, span, formula, fooled, several, reference
        )
        setattr(function, "declaration", about)  # noqa: B010 (a function has no such attribute)
        return function

    return declared


def declaration(function: Callable[..., Any]) -> Measure:
    """Return what a declared measure says of itself."""
    about: Measure = getattr(function, "declaration")  # noqa: B009
    return about
