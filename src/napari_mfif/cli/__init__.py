"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from napari_mfif import __version__
from napari_mfif.errors import MfifError, ParameterError
from napari_mfif.notices import listening
from napari_mfif.wording import on_command_line

__all__ = ["COMMANDS", "main", "parser_of"]

#: Exit codes: done, something failed, wrong usage.
DONE, FAILED, WRONG_USAGE = range(3)

#: Every command is a module of this name beside this one.
COMMANDS = ("fuse", "batch", "info", "methods", "simulate", "evaluate", "demo", "train")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``napari-mfif`` and return its exit code."""
    # Not one product of large matrices is ours: numpy need not start threads for them, which takes
    # a tenth of a short run.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Looking for garbage after every 700 new objects takes an eighth of the time of importing.
    gc.set_threshold(50_000)
    words = sys.argv[1:] if arguments is None else list(arguments)
    # The others' options are needed for help alone.
    known = words[:1] if words and words[0] in COMMANDS else COMMANDS
    given = parser_of(known).parse_args(words)
    try:
        with listening(_tell):
            result: int = given.run(given)
    except MfifError as error:
        if given.debug:
            raise
        _tell(str(error))
        return WRONG_USAGE if isinstance(error, ParameterError) else FAILED
    except KeyboardInterrupt:
        print("napari-mfif: stopped; nothing half-written is left.", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        if given.debug:
            raise
        what = str(error) or type(error).__name__
        print(f"napari-mfif: {what} (--debug shows where).", file=sys.stderr)
        return FAILED
    return result


def _tell(sentence: str) -> None:
    print(f"napari-mfif: {on_command_line(sentence)}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in a sentence, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"napari-mfif: {message}. See {self.prog} --help.\n")


def parser_of(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of these commands, for running them or for documenting them."""
    parser = _Parser(
        prog="napari-mfif",
        description="Focus stacking: one sharp image, its height map and its confidence.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in names:
        command = import_module(f"napari_mfif.cli.{name}").add(commands)
        command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser
