"""Write the tables of docs/files.md from the declarations in the code; the rest is by hand.

usage: python docs/make_files.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from napari_mfif.io.instruments import INSTRUMENTS
from napari_mfif.io.patterns import compile_pattern, role_of
from napari_mfif.io.vendor import FORMATS
from napari_mfif.io.words import AXIS_OF_UNIT, WORDS

PAGE = Path(__file__).with_name("files.md")

AXES = {"Z": "plane", "C": "channel", "T": "time", "P": "position"}


def instruments() -> Iterator[str]:
    """Yield the table of instruments and the names of their files."""
    yield "| instrument | for example | stacks of their own by | seen |"
    yield "|---|---|---|---|"
    for one in sorted(INSTRUMENTS, key=lambda one: one.name.casefold()):
        fields = compile_pattern(one.pattern).fields.values()
        positions = dict.fromkeys(name for name in fields if role_of(name) == "P")
        planes = "" if any(role_of(name) == "Z" for name in fields) else "; holds no planes"
        yield f"| {one.name} | `{one.example}` | {', '.join(positions)}{planes} | {one.seen} |"


def words() -> Iterator[str]:
    """Yield the table of words and units that say what a number is."""
    yield "| meaning | words before the number | units after it |"
    yield "|---|---|---|"
    for axis, meaning in AXES.items():
        before = ", ".join(f"`{word}`" for word, own in WORDS.items() if own == axis)
        after = ", ".join(
            f"`{unit}`" for unit, own in AXIS_OF_UNIT.items() if own == axis and unit != "μm"
        )
        yield f"| {meaning} | {before} | {after or '-'} |"


def formats() -> Iterator[str]:
    """Yield the table of the files of microscopes that other libraries read."""
    yield "| format | names end with | written by | needs |"
    yield "|---|---|---|---|"
    for one in FORMATS:
        endings = ", ".join(f"`{ending}`" for ending in one.endings)
        yield f"| {one.name} | {endings} | {one.instruments} | `pip install {one.package}` |"


#: What stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->``.
SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "instruments": instruments,
    "words": words,
    "formats": formats,
}


def page() -> str:
    """Return the whole page, with its tables made again."""
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in SECTIONS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        made = "\n".join([begin, "", *lines(), "", end])
        before, _, rest = text.partition(begin)
        text = f"{before}{made}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
