"""Measures of fused images and of depth maps."""
