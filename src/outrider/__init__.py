"""Outrider: language models scout, agents learn, statistics judge."""

__version__ = "0.1.0"
