"""The limit counts the products that there are, none twice and none for a gradient that nobody needs, and runs them."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.learn import limit
from outrider.learn.limit import Loop, products
from outrider.learn.settings import Settings
from outrider.learn.train import learner_for
from outrider.types import Atlas

N, I, H, O = 32, 7, 5, 3
X, W, V = jnp.ones((N, I)), jnp.ones((I, H)), jnp.ones((H, O))


def net(weights, x):
    return jnp.tanh(x @ weights[0]) @ weights[1]


def test_forward_and_backward_products_are_counted_once():
    forward = products(net, (W, V), X)
    assert [p.flops for p in forward] == [2 * N * I * H, 2 * N * H * O]
    both = products(lambda w, x: jax.value_and_grad(lambda w: net(w, x).sum())(w), (W, V), X)
    # forward twice; gradients of both weights; of the hidden row, but not of the input
    assert len(both) == 5
    assert limit.flops(both) == 2 * (2 * N * I * H + 3 * N * H * O)


def test_batched_products_and_convolutions_are_counted_by_what_they_add_up():
    """Heads of attention, and kernels of three by three with their two gradients: each as many as the forward one."""
    heads, kernels, picture = jnp.ones((4, N, H)), jnp.ones((O, I, 3, 3)), jnp.ones((N, I, 6, 5))
    (scores,) = products(lambda q: jnp.einsum("hqd,hkd->hqk", q, q), heads)
    assert scores.flops == 2 * 4 * N * N * H

    def seen(kernels, picture):
        return jax.lax.conv_general_dilated(picture, kernels, (1, 1), "SAME").sum()

    once = 2 * N * O * 6 * 5 * I * 9
    assert [p.flops for p in products(seen, kernels, picture)] == [once]
    back = products(jax.grad(seen, argnums=(0, 1)), kernels, picture)
    assert [p.flops for p in back] == [once, once]


def test_dead_products_are_left_out_and_scans_count():
    def twice(x):
        x @ W  # nobody needs it
        return jax.lax.scan(lambda h, _: (h @ jnp.ones((I, I)), None), x, None, length=6)[0]

    (loop,) = products(jax.jit(twice), X)
    assert isinstance(loop, Loop)
    assert loop.length == 6
    assert limit.flops([loop]) == 6 * 2 * N * I * I


def test_every_product_runs_as_often_as_the_loops_say():
    """Each run changes its own operand by its result, as a plain loop does."""
    work = [Loop(3, tuple(products(net, (W, V), X))), *products(lambda x: x @ W, X)]
    own, shared = limit.operands(work)
    after = jax.jit(lambda own: limit.run(work, own, shared))(own)

    def plain(given, other, swapped, times):
        given = np.array(given)
        for _ in range(times):
            result = (other @ given) if swapped else (given @ other)
            given[0, 0] = 0.1 * np.tanh(result[0, 0])
        return given

    for one, given, found, times in zip(
        [*work[0].body, work[1]], [*own[0], own[1]], [*after[0], after[1]], (3, 3, 1), strict=True
    ):
        assert one.smaller == 1  # the weight is smaller than the rows
        other = np.asarray(shared[str(one.shapes[0])])
        np.testing.assert_allclose(found, plain(given, other, True, times), rtol=1e-5)
        assert np.asarray(found)[0, 0] != np.asarray(given)[0, 0]


def test_no_product_leaves_the_compiled_loop():
    """In the loops' bodies of the optimised program stand as many products as were asked for."""
    size = 96
    square, wide = jnp.ones((size, size)), jnp.ones((size, 2 * size))
    work = [Loop(4, tuple(products(lambda a, b: (a @ b, (a + 1) @ a), square, wide)))]
    own, shared = limit.operands(work)
    many = jax.jit(lambda own, shared: limit.run(work, own, shared))
    text = many.lower(own, shared).compile().as_text()
    bodies = [
        part
        for part in re.split(r"\n\}\n", text)
        if re.search(r"\n\s+(ROOT )?\S* ?.*\bdot\(|custom-call", part)
    ]
    assert sum(len(re.findall(r"= \S+ (?:dot|custom-call)\(", part)) for part in bodies) >= 2


def begun(world, settings):
    """PPO, and a learner of zeros."""
    ppo = learner_for(world, settings, "none", 1)
    codes = ppo.batch.world.codes
    learner = jax.eval_shape(
        lambda: ppo.init(jax.random.key(0), Atlas(jnp.zeros(codes), jnp.zeros(codes, bool)))
    )
    return ppo, jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), learner._replace(key=None))


def test_the_products_of_an_update_are_those_of_its_network():
    settings = Settings(envs=16, rollout=8, epochs=2, minibatches=4, width=8, depth=2, cells="numbers")
    ppo, learner = begun("minigrid/doorkey-8x8", settings)
    inputs, outputs = learner.network.features.size, ppo.batch.world.space.outputs
    rows = settings.batch
    first, rest = (
        2 * inputs * 8,
        2 * 8 * 8 + 8 * outputs + 8,
    )  # multiplications a row, policy and value together
    acting, learning = first + rest, settings.epochs * (2 * first + 3 * rest)
    assert limit.flops(limit.of_update(ppo, learner)) == 2 * rows * (acting + learning)


@pytest.mark.parametrize("memory", ["none", "gru"])
def test_what_is_looked_up_is_no_product_in_acting_or_learning(memory):
    """A DeepSea's sight is a place: its first layer, far the largest, multiplies nothing."""
    pytest.importorskip("gymnax")
    settings = Settings(envs=16, rollout=8, epochs=2, minibatches=4, width=8, depth=2, memory=memory)
    ppo, learner = begun("gymnax/deepsea-20", settings)
    acting, learning = limit.of_update(ppo, learner)
    assert learner.network.features.size == 400
    assert not any(400 in shape for one in flat(acting, learning) for shape in one.shapes)
    whole = products(ppo.update, learner._replace(key=jax.random.key(0)))
    assert 0.5 * limit.flops(whole) < limit.flops([acting, learning]) <= limit.flops(whole)
    if memory == "none":  # the rest: the second and third layers of policy and value
        rest = 2 * 8 * 8 + 8 * ppo.batch.world.space.outputs + 8
        assert limit.flops([acting, learning]) == 2 * settings.batch * rest * (1 + 3 * settings.epochs)


def flat(*work):
    """All products, whatever loop they stand in."""
    for one in work:
        yield from flat(*one.body) if isinstance(one, Loop) else [one]
