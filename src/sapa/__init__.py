"""Sapa: the law as data, one chain from returns to published, traceable numbers."""

__version__ = "0.1.0"
