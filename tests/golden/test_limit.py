"""The limit counts the products that there are, none twice and none for a gradient that nobody needs, and runs them."""

import re

import jax
import jax.numpy as jnp
import numpy as np

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


def test_the_products_of_an_update_are_those_of_its_network():
    settings = Settings(envs=16, rollout=8, epochs=2, minibatches=4, width=8, depth=2, cells="numbers")
    ppo = learner_for("minigrid/doorkey-8x8", settings, "none", 1)
    codes = ppo.batch.world.codes
    learner = jax.eval_shape(
        lambda: ppo.init(jax.random.key(0), Atlas(jnp.zeros(codes), jnp.zeros(codes, bool)))
    )
    learner = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), learner._replace(key=None))
    inputs, outputs = learner.network.features.size, ppo.batch.world.space.outputs
    rows = settings.batch
    first, rest = (
        2 * inputs * 8,
        2 * 8 * 8 + 8 * outputs + 8,
    )  # multiplications a row, policy and value together
    acting, learning = first + rest, settings.epochs * (2 * first + 3 * rest)
    assert limit.flops(limit.of_update(ppo, learner)) == 2 * rows * (acting + learning)
