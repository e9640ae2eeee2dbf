"""Write docs/reference/cli.md from the command line's own declarations.

usage: python docs/make_cli.py
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from napari_mfif.cli import COMMANDS, parser_of

PAGE = Path(__file__).parent / "reference" / "cli.md"


def page() -> str:
    """Return the whole page."""
    lines = [
        "# Command line",
        "",
        "Made by `python docs/make_cli.py` from the declarations in the code;",
        "`napari-mfif COMMAND --help` says the same. Exit codes: 0 done, 1 something failed,",
        "2 wrong usage. Errors go to standard error, in a sentence or two.",
        "",
    ]
    for name in COMMANDS:
        lines += section(name)
    return "\n".join(lines)


def section(name: str) -> list[str]:
    """Return what one command is and takes."""
    parser, summary = command(name)
    lines = [f"## napari-mfif {name}", "", f"{summary[:1].upper()}{summary[1:]}.", ""]
    lines += ["| argument | what it is |", "|---|---|"]
    lines += [f"| {words} | {what} |" for words, what in rows(parser)]
    if parser.epilog:
        lines += ["", "```text", parser.epilog.strip(), "```"]
    return [*lines, ""]


def command(name: str) -> tuple[argparse.ArgumentParser, str]:
    """Return the parser of a command, and its line in the list of commands."""
    whole = parser_of([name])
    (choices,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    (listed,) = choices._choices_actions
    return choices.choices[name], str(listed.help)


def rows(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """Yield each argument and its help, as cells of a table."""
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = "" if action.nargs == 0 else action.metavar or action.dest.upper()
        if action.choices:
            value = "{" + ",".join(str(choice) for choice in action.choices) + "}"
        names = ", ".join(action.option_strings)
        words = f"{names} {value}".strip() if names else str(action.metavar or action.dest)
        what = (action.help or "").replace("%(default)s", str(action.default))
        yield f"`{words}`".replace("|", "\\|"), what.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
