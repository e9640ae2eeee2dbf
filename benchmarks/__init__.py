"""Benchmarks of napari-mfif beside its rivals: the same pictures, one run, one page.

``python -m benchmarks`` runs everything, keeps the numbers in ``benchmarks/results/`` and writes
``docs/benchmarks.md`` from them. Rivals are only run, each in an environment of its own; nothing
of theirs is part of this project.
"""
