"""Outrider: language models scout, agents learn, statistics judge."""

from outrider import _xla

__version__ = "0.1.0"

_xla.prepare()  # before anything imports jax; costs nothing where jax is never imported
