"""Trained weights as files: safetensors, and a card: facts for programs, words for people."""

from __future__ import annotations

import hashlib
import platform
import textwrap
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from napari_mfif.io.atomic import replacing
from napari_mfif.networks.weights import CARD, FILE
from napari_mfif.training.data import DRAWN, Pictures

__all__ = ["hardware", "source_table", "wrapped", "write_card", "write_weights"]


def write_weights(
    network: nn.Module, folder: Path, facts: Mapping[str, str], *, half: bool = False
) -> str:
    """Write a network's weights and return the sha256 of the file.

    Parameters
    ----------
    network : Module
        Its state is written, buffers included; those that only count batches are left out.
    folder : Path
        Where to.
    facts : mapping of str
        What the file says about itself.
    half : bool, optional
        In float16; on loading they become float32 again.
    """
    from safetensors.torch import save

    tensors = {}
    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point():
            continue
        kept = tensor.half() if half else tensor
        tensors[name] = kept.detach().cpu().contiguous()
    content = save(tensors, dict(facts))
    with replacing(folder / FILE, overwrite=True) as unfinished:
        unfinished.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def write_card(folder: Path, facts: Mapping[str, object], text: str) -> Path:
    """Write a card beside the weights.

    Parameters
    ----------
    folder : Path
        Where the weights are.
    facts : mapping
        Short values by name; `napari_mfif.networks.weights.read_card` gives them back as texts.
    text : str
        Markdown.
    """
    head = "\n".join(f"{name}: {value}" for name, value in facts.items())
    with replacing(folder / CARD, overwrite=True) as unfinished:
        unfinished.write_text(f"---\n{head}\n---\n{text}", encoding="utf-8", newline="\n")
    return folder / CARD


def wrapped(text: str) -> str:
    """Return Markdown with its paragraphs wrapped at 96 characters."""
    return "\n\n".join(_wrapped(part) for part in text.split("\n\n")) + "\n"


def _wrapped(paragraph: str) -> str:
    if paragraph.lstrip().startswith(("#", "|", "-", "<")):
        return paragraph
    return textwrap.fill(paragraph, 96, break_long_words=False, break_on_hyphens=False)


def source_table(pictures: Pictures) -> str:
    """Return a Markdown table of the photographs, one row per subject and licence."""
    rows: dict[tuple[str, str], int] = {}
    for picture in pictures.all:
        if picture.source == DRAWN:
            continue
        key = (picture.subject, picture.licence or "not stated")
        rows[key] = rows.get(key, 0) + 1
    lines = [f"| {subject} | {count} | {licence} |" for (subject, licence), count in rows.items()]
    return "\n".join(["| picture | files | licence |", "|---|---|---|", *lines])


def hardware(device: str) -> str:
    """Return on what a network was trained, in a few words."""
    if torch.device(device).type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    threads = torch.get_num_threads()
    return (
        f"{platform.machine()} processor, {threads} thread{'s' if threads > 1 else ''}, "
        f"torch {torch.__version__}"
    )
