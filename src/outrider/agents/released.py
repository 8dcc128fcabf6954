"""A trained policy as one file, and how to act with it where nothing of its training is at hand.

The file is in the safetensors format: arrays by name, and a header that tells the network and the world. A released
folder holds that file as `policy.safetensors`, beside the same header as `config.json` and a model card.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.agent import Agent
from outrider.agents.bootstrapped import Bootstrapped, Members
from outrider.agents.features import Features
from outrider.agents.hierarchical import Hierarchical
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.agents.rows import RowFeatures
from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.types import Key, Obs, shown_shape
from outrider.worlds.spaces import Part, Row

FORMAT = 2  # 1 was NumPy's npz
FILE = "policy.safetensors"
SPACES = {"discrete": Discrete, "multi-discrete": MultiDiscrete, "continuous": Continuous}
KINDS = {  # networks, those of a kind that is also another's before it, and which settings are their sizes
    "actor-critic": (ActorCritic, ("width", "depth", "encoder", "memory")),
    "bootstrapped": (
        Bootstrapped,
        ("members", "prior", "width", "depth", "encoder", "dueling", "norm"),
    ),
    "epsilon-greedy": (EpsilonGreedy, ("width", "depth", "encoder", "dueling", "norm")),
    "hierarchical": (Hierarchical, ("option_steps", "width", "depth", "encoder")),
}
ABOUT = ("format", "outrider", "world", "network", "training")


@dataclass(frozen=True)
class Policy:
    """A network that acts, and what its file says of it (`about`, as `save` was told)."""

    network: Agent
    about: Mapping[str, Any]

    @property
    def world(self) -> str:
        """The id of the world that it was trained in."""
        return self.about["world"]

    def start(self, copies: int) -> Any:
        """The memory of `copies` fresh episodes."""
        return self.network.start(copies)

    def act(
        self, memory: Any, obs: Obs, restart: Bool[Array, "n"] | np.ndarray, key: Key | None = None
    ) -> tuple[Array, Any]:
        """An action for each of `n` copies, and the memory after it; the likeliest actions where there is no key.

        `obs` holds NumPy or JAX arrays `[n, h, w]` and `[n, k]`; `restart` `[n]` is true where it begins an episode.
        Errors: an observation of another shape than the network's.
        """
        features, copies = self.network.features, len(np.shape(obs.grid)) and np.shape(obs.grid)[0]
        want = ((copies, *features.view), (copies, *shown_shape(obs, features.vector)), (copies,))
        found = (np.shape(obs.grid), np.shape(obs.vector), np.shape(restart))
        if found != want:
            raise OutriderError(
                f"this policy of {self.world} acts on a grid, a vector and restarts of the shapes {want}, not {found}; "
                "its model card says what they hold"
            )
        return self._act(self.network, memory, obs, jnp.asarray(restart), key)

    @cached_property
    def _act(self) -> Any:
        def act(network: Agent, memory: Any, obs: Obs, restart: Array, key: Key | None) -> tuple[Array, Any]:
            outputs, _, memory = network.act(memory, obs, restart)
            space = network.space
            return (space.best(outputs) if key is None else space.sample(key, outputs)), memory

        return jax.jit(act)


def describe(network: Agent, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A network in plain values, from which `load` builds it again; its sizes are among the `settings`."""
    kind, sizes = next((name, sizes) for name, (made, sizes) in KINDS.items() if isinstance(network, made))
    space = next(name for name, made in SPACES.items() if isinstance(network.space, made))
    features = "row" if isinstance(network.features, RowFeatures) else "cells"
    return {
        "kind": kind,
        "features": {"of": features, **asdict(network.features)},
        "space": {"kind": space, **asdict(network.space)},
        **({"goals": list(network.goals)} if isinstance(network, Hierarchical) else {}),
        **{name: settings[name] for name in sizes if name in settings},
    }


def save(path: Path, network: Agent, about: Mapping[str, Any]) -> None:
    """Write a policy whole or not at all; the same policy gives the same bytes. `about` has the fields of `ABOUT`.

    Raises OSError.
    """
    from safetensors.numpy import save as as_bytes

    arrays = {name: np.asarray(leaf) for name, leaf in _named(network).items()}
    told = {**about, "sha256": _digest(arrays)}  # safetensors has no checksum of its own
    write_file(path, as_bytes(arrays, {"outrider": json.dumps(told, sort_keys=True)}))


def load(path: Path | str) -> Policy:
    """The policy of a file or of a released folder.

    Errors: nothing there, no policy, damaged, of another format, or with arrays that do not fit its network.
    """
    path = Path(path)
    file = path / FILE if path.is_dir() else path
    about, arrays = _read(file)
    if about.get("format") != FORMAT:
        raise OutriderError(
            f"{file} has policy format {about.get('format')}, this version reads {FORMAT}; "
            f"use outrider {about.get('outrider')}, or train anew"
        )
    try:
        told = {name: about[name] for name in ABOUT}
        shape = jax.eval_shape(lambda: _build(told["network"], jax.random.key(0)))
    except (KeyError, TypeError, ValueError) as error:
        raise OutriderError(
            f"{file} tells of a network that this version does not know ({type(error).__name__}: {error}); train anew"
        ) from None
    want = {name: (leaf.shape, leaf.dtype) for name, leaf in _named(shape).items()}
    if want != {name: (array.shape, array.dtype) for name, array in arrays.items()}:
        raise OutriderError(f"{file} holds arrays of other shapes than its network has; train anew")
    _, tree = jax.tree.flatten(shape)
    return Policy(jax.tree.unflatten(tree, [jnp.asarray(arrays[name]) for name in want]), told)


def load_for(world_id: str, path: Path | str) -> Policy:
    """The policy that `--by` names, which is to act in a world. Errors: as `load`; a policy of another world."""
    policy = load(path)
    if policy.world != world_id:
        raise OutriderError(f"--by {path} is a policy of {policy.world}, not of {world_id}; name that world")
    return policy


def about_of(path: Path | str) -> dict[str, Any]:
    """What a policy's file says of it. Errors: as `load`'s first three."""
    path = Path(path)
    return _read(path / FILE if path.is_dir() else path)[0]


def _build(told: Mapping[str, Any], key: Key) -> Agent:
    """The network that `describe` told of, with fresh parameters."""
    sizes = {name: value for name, value in told.items() if name not in ("kind", "features", "space")}
    space = _tuples(told["space"])
    made, features = SPACES[space.pop("kind")](**space), _features(_tuples(told["features"]))
    if told["kind"] == "actor-critic":
        return ActorCritic(key, features, made, **sizes)
    if told["kind"] == "hierarchical" and isinstance(features, Features):
        return Hierarchical(key, features, made, **_tuples(sizes))
    if told["kind"] == "epsilon-greedy":
        return EpsilonGreedy(QNetwork(key, features, made, **sizes), jnp.float32(0.0))
    if told["kind"] == "bootstrapped":
        members = {name: sizes.pop(name) for name in ("members", "prior")}
        one = partial(QNetwork, features=features, space=made, **sizes)
        return Bootstrapped(Members(key, one, **members), jnp.float32(0.0))
    raise ValueError(f"kind {told['kind']!r}")


def _features(told: dict[str, Any]) -> Features | RowFeatures:
    if told.pop("of") == "cells":
        return Features(**told)
    row = told["row"]
    return RowFeatures(Row(tuple(Part(**_tuples(part)) for part in row["parts"]), row["dtype"]))


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """Lists, which JSON makes of tuples, as tuples again."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}


def _named(network: Any) -> dict[str, Any]:
    """The arrays of a network by their place in it, such as `actor.layers.0.weight`."""
    leaves = jax.tree_util.tree_leaves_with_path(network)
    return {jax.tree_util.keystr(path, simple=True, separator="."): leaf for path, leaf in leaves}


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    whole = hashlib.sha256()
    for name in sorted(arrays):
        whole.update(f"{name}{arrays[name].dtype}{arrays[name].shape}".encode() + arrays[name].tobytes())
    return whole.hexdigest()


def _read(file: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a policy file says of itself, and its arrays by name."""
    from safetensors import SafetensorError, safe_open

    try:
        file.open("rb").close()  # safetensors tells a missing file and a folder less clearly
        with safe_open(file, framework="numpy") as opened:
            about = json.loads((opened.metadata() or {})["outrider"])
            if not isinstance(about, dict):
                raise TypeError("its header is no object")
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        if about["sha256"] != _digest(arrays):
            raise ValueError("its arrays are not those that were saved")
        return about, arrays
    except FileNotFoundError:
        raise OutriderError(f"no policy file at {file}; `outrider train --out {file}` makes one") from None
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise OutriderError(
            f"{file} is not a policy file, or damaged ({type(error).__name__}: {error}); "
            "fetch it again, or train anew with `outrider train`"
        ) from None
