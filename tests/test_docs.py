"""What the documentation says is so."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from napari_mfif import methods
from napari_mfif.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]

#: Commands that the README leaves to the docs.
NOT_FOR_USERS_OF_THE_README = {"demo", "train"}


def test_page_of_parameters_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_parameters.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run: python docs/make_parameters.py"
    )


def test_page_of_the_command_line_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_cli.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run: python docs/make_cli.py"
    )


def test_tables_of_files_are_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_files.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run: python docs/make_files.py"
    )


def test_picture_of_the_architecture_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "draw_architecture.py"))
    assert made["PICTURE"].read_text(encoding="utf-8") == made["picture"](), (
        "run: python docs/draw_architecture.py"
    )


def test_readme_names_every_method_and_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in methods.names():
        assert f"| `{name}` |" in text
    for name in set(COMMANDS) - NOT_FOR_USERS_OF_THE_README:
        assert f"napari-mfif {name}" in text, name


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=str)
def test_links_lead_somewhere(page) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
