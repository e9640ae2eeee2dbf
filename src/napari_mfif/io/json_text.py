"""Reading JSON that somebody may have written or damaged."""

from __future__ import annotations

import json
from typing import Any

from napari_mfif.errors import ParameterError

__all__ = ["parse_json"]


def parse_json(text: str, source: object) -> Any:
    """Return what a text in JSON holds.

    Parameters
    ----------
    text : str
        The text.
    source : object
        Where it stands, for messages.

    Raises
    ------
    ParameterError
        It is not JSON, or nothing that can be read.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ParameterError(
            f"{source} is not JSON: {error.msg} at line {error.lineno}."
        ) from error
    except RecursionError as error:
        raise ParameterError(f"{source} is nested too deeply: it is no file of ours.") from error
    except ValueError as error:  # numbers of thousands of digits
        raise ParameterError(f"{source} cannot be read: {error}.") from error
