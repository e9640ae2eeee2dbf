"""A message is read in Python, on the command line and in the window: each has its own words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import napari_mfif
from napari_mfif import fuse
from napari_mfif.cli import main
from napari_mfif.errors import MfifError
from napari_mfif.wording import SETTINGS, in_window, on_command_line

SOURCE = Path(napari_mfif.__file__).parent

#: What gives away Python, or the command line, where it stands outside of backquotes.
FOREIGN = re.compile(r"\b[a-z_]{3,}=|(?<![\w-])--[a-z]|\bnumpy\.|\b[Pp]ass |keyword|\bargument")


def messages() -> Iterator[tuple[str, str]]:
    """Yield every sentence in the code that is read by all three, and where it stands."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = str(path.relative_to(SOURCE))
        if name.startswith(("cli/", "plugin/", "training/")) or name == "wording.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for text, line in texts(tree):
            if len(text.split()) > 3 and re.search(r"[a-z]\.(\s|$)", text):
                yield text, f"{name}:{line}"


def texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield strings that are no docstrings; of formatted ones with ``…`` for what is put in."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    documented = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
            yield "".join(map(str, parts)), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in inside | documented:
                yield node.value, node.lineno


MESSAGES = list(messages())


def test_messages_are_found() -> None:
    assert len(MESSAGES) > 100


@pytest.mark.parametrize("face", [on_command_line, in_window])
def test_messages_speak_no_python_elsewhere(face) -> None:
    allowed = re.compile("|".join(re.escape(option) for option, _ in SETTINGS.values()) + "|--set")
    wrong = []
    for text, where in MESSAGES:
        shown = face(re.sub(r"napari-mfif \w+[^.]*", "", text))  # a command is a command
        if face is on_command_line:
            shown = re.sub(r"--set \S+", "", allowed.sub("", shown))
        if FOREIGN.search(shown) or "`" in shown:
            wrong.append(f"{where}: {shown}")
    assert not wrong


def test_messages_name_python_arguments_in_backquotes() -> None:
    bare = {where: re.sub(r"`[^`]*`|napari-mfif \w+[^.]*", "", text) for text, where in MESSAGES}
    assert not [f"{where}: {text}" for where, text in bare.items() if FOREIGN.search(text)]


def test_one_refusal_in_three_words(tmp_path, slope, capsys) -> None:
    import numpy as np

    films = np.stack([slope[0][:2]] * 3)
    with pytest.raises(MfifError) as refused:
        fuse(films)
    assert '`axes="TZYX"`' in str(refused.value)
    assert "\u201cAxes: TZYX\u201d" in in_window(str(refused.value))
    assert "--axes TZYX" in on_command_line(str(refused.value))
    assert main(["methods", "--debug"]) == 0 and "adaptive" in capsys.readouterr().out


def test_parameters_of_methods_are_named_as_they_are_set() -> None:
    message = "`window=99` is not possible: it must be 3 to 31 px."
    assert on_command_line(message).startswith("--set window=99 is not")
    assert in_window(message).startswith("\u201cWindow: 99\u201d is not")
