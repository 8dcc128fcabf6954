"""The least time that an update can take: the bare world's stepping and the bare matrix products of the same shapes.

Both are lower bounds by construction. Stepping does what a rollout does of it and nothing else: same copies, resets and
captions, and the same parts of every step written down; actions are drawn beforehand. Products are taken from the
program itself, with autodiff's own backward ones (so none for a gradient that nobody needs), and run in one compiled
loop on operands that stay in the cache: of both operands the smaller is a product's own and takes one number from each
result, so that no product can be left out or moved out of the loop; the larger is shared by all that have its shape.
Products do not wait for one another, so that what the program may run side by side, the bound may too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend import core
from jax.interpreters.partial_eval import dce_jaxpr
from jaxtyping import Array

from outrider.learn.ppo import PPO, Learner
from outrider.learn.rates import Rates
from outrider.ops.ppo import Sample

PRODUCTS = ("dot_general", "conv_general_dilated")
UNCOUNTED = ("cond", "while")  # how often is unknown: left out, which keeps the bound a lower one


@dataclass(frozen=True)
class Product:
    """One matrix product (or convolution), as the program has it."""

    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    result: tuple[int, ...]
    terms: int  # that are added up to one number of the result
    bind: Callable[[Array, Array], Array]

    @property
    def smaller(self) -> int:
        """Which operand is the smaller one: 0 or 1."""
        return int(math.prod(self.shapes[1]) < math.prod(self.shapes[0]))

    @property
    def flops(self) -> int:
        """Two for each multiplication with its addition."""
        return 2 * math.prod(self.result) * self.terms


@dataclass(frozen=True)
class Loop:
    """What a scan makes `length` times."""

    length: int
    body: tuple[Product | Loop, ...]


Work = Sequence[Product | Loop]


def products(function: Callable, *shapes: Any) -> Work:
    """The matrix products of a function of arrays of these shapes, as it would run them; dead ones left out."""
    traced = jax.make_jaxpr(function)(*shapes).jaxpr
    return _of(dce_jaxpr(traced, [True] * len(traced.outvars))[0])


def _of(jaxpr: Any) -> Work:
    found: list[Product | Loop] = []
    for eqn in jaxpr.eqns:
        if eqn.primitive.name in PRODUCTS:
            left, right = (tuple(v.aval.shape) for v in eqn.invars)
            result = tuple(eqn.outvars[0].aval.shape)
            found.append(Product((left, right), result, _terms(eqn, left, right), _bound(eqn)))
        elif eqn.primitive.name == "scan":
            if inner := _of(eqn.params["jaxpr"].jaxpr):
                found.append(Loop(eqn.params["length"], tuple(inner)))
        elif eqn.primitive.name not in UNCOUNTED:
            for inner in _inside(eqn.params):
                found.extend(_of(inner))
    return found


def _inside(params: dict[str, Any]) -> list[Any]:
    """The programs that an equation calls."""
    closed = [value for value in params.values() if isinstance(value, core.ClosedJaxpr | core.Jaxpr)]
    return [value.jaxpr if isinstance(value, core.ClosedJaxpr) else value for value in closed]


def _terms(eqn: Any, left: tuple[int, ...], right: tuple[int, ...]) -> int:
    """Multiplications for one number of the result: of a convolution a whole kernel's, padding or not."""
    numbers = eqn.params["dimension_numbers"]
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = numbers
        return math.prod(left[axis] for axis in contracted)
    return math.prod(right) // right[numbers.rhs_spec[0]]


def _bound(eqn: Any) -> Callable[[Array, Array], Array]:
    return lambda left, right: eqn.primitive.bind(left, right, **eqn.params)


def flops(work: Work) -> int:
    """Of all products."""
    return sum(w.flops if isinstance(w, Product) else w.length * flops(w.body) for w in work)


def operands(work: Work) -> tuple[list[Any], dict[str, Array]]:
    """Each product's own operand, and the shared ones by their shapes; random numbers."""
    rng = np.random.default_rng(0)
    shared: dict[str, Array] = {}

    def some(shape: tuple[int, ...]) -> Array:
        return jnp.asarray(rng.uniform(-0.1, 0.1, shape), jnp.float32)

    def own(work: Work) -> list[Any]:
        found = []
        for one in work:
            if isinstance(one, Product):
                larger = one.shapes[1 - one.smaller]
                shared.setdefault(str(larger), some(larger))
            found.append(some(one.shapes[one.smaller]) if isinstance(one, Product) else own(one.body))
        return found

    return own(work), shared


def run(work: Work, own: list[Any], shared: dict[str, Array]) -> list[Any]:
    """Every product once, loops as often as they say; their own operands after it, each touched by its result."""
    after = []
    for one, given in zip(work, own, strict=True):
        if isinstance(one, Loop):
            repeat = lambda now, _, body=one.body: (run(body, now, shared), None)  # noqa: E731
            after.append(jax.lax.scan(repeat, given, None, length=one.length)[0])
            continue
        other = shared[str(one.shapes[1 - one.smaller])]
        both = (given, other) if one.smaller == 0 else (other, given)
        result = jax.lax.optimization_barrier(one.bind(*both))
        number = 0.1 * jnp.tanh(result[(0,) * result.ndim])
        after.append(given.at[(0,) * given.ndim].set(number))
    return after


def of_update(ppo: PPO, learner: Learner) -> Work:
    """The products of one update of one learner (of a team, its share): acting in a rollout, and all minibatches.

    The value of what a rollout ends in is left out.
    """
    s, rows = ppo.settings, ppo.settings.envs // ppo.settings.learners
    shape = jax.ShapeDtypeStruct
    network, begin = learner.network, jax.tree.map(lambda x: x[:rows], learner.sight)
    acting = products(lambda net, sight: net.act(*sight), network, begin)

    lead = (
        (s.batch // s.learners // s.minibatches,)
        if s.memory == "none"
        else (rows // s.minibatches, s.rollout)
    )
    one = jax.eval_shape(_one_action, network)
    action, number = shape((*lead, *one.shape), one.dtype), shape(lead, jnp.float32)
    seen = jax.eval_shape(network.features.inputs, begin.obs)
    features = shape((*lead, *seen.shape[1:]), seen.dtype)
    shapes: list[Any] = [(features, shape(lead, bool)), action, number, number, number, number]
    part = Sample(*shapes)
    held = jax.tree.map(lambda x: x[: lead[0]], begin.memory)

    def learn(network: Any, rates: Rates, held: Any, part: Sample) -> Any:
        gradient = jax.value_and_grad(lambda net: ppo.loss(net, rates, held, part), has_aux=True)
        return gradient(network)

    learning = products(learn, network, learner.rates, held, part)
    return [Loop(s.rollout, tuple(acting)), Loop(s.epochs * s.minibatches, tuple(learning))]


def _one_action(network: Any) -> Array:
    return network.space.sample(jax.random.key(0), jnp.zeros((1, network.space.outputs)))[0]


def stepping(ppo: PPO, network: Any) -> Callable[[Learner], tuple[Learner, Array]]:
    """A rollout's worth of bare steps of a learner's (share of the) worlds, by actions drawn beforehand."""
    batch, length = ppo.batch.share(ppo.team.size), ppo.settings.rollout
    keys = jax.random.split(jax.random.key(0), length)
    outputs = jnp.zeros((batch.copies, network.space.outputs))
    actions = jax.vmap(lambda key: network.space.sample(key, outputs))(keys)

    def step(copies: Any, drawn: tuple[Array, Array]) -> tuple[Any, Any]:
        key, action = drawn
        after = batch.step(key, copies, action)
        written = (after.obs, after.reward, after.terminated, after.truncated, after.events, after.first)
        return after.copies, (*written, after.episode_return, after.episode_length)

    def advance(learner: Learner) -> tuple[Learner, Array]:
        key, own = jax.random.split(learner.key)
        own = jax.random.split(ppo.team.own_key(own), length)
        copies, written = jax.lax.scan(step, learner.copies, (own, actions))
        return learner._replace(key=key, copies=copies), touch(written)

    return advance


def touch(written: Any) -> Array:
    """A number from the last row of each array `[T, ...]`, so that none of them is left out of a program."""
    return jnp.stack([x[-1].ravel()[0].astype(jnp.float32) for x in jax.tree.leaves(written) if x.size]).sum()
