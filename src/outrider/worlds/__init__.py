"""Worlds, each beside its captioner; adapters; the registry."""
