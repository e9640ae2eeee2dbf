"""The words on the card of `boundary-aware`."""

from __future__ import annotations

__all__ = ["HEAD", "TEXT"]

HEAD: dict[str, object] = {}
TEXT = """
"""
