"""How wide the shipped networks are; without numpy, so that help is quick."""

from __future__ import annotations

__all__ = ["MFIF_GAN", "UFA_FUSE"]

#: Maps after the first convolution.
MFIF_GAN = 16
#: Maps per layer; the paper has 64.
UFA_FUSE = 32
