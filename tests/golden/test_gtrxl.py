"""The gated transformer against its equations in NumPy, copy by copy and step by step."""

import jax
import jax.numpy as jnp
import numpy as np

from outrider.agents.gtrxl import Gate, GTrXL
from walks import QUICK

COPIES, LENGTH, WIDTH, HEADS, WINDOW = 3, 11, 8, 2, 4
RNG = np.random.default_rng(1)


def shaken(module):
    """A module whose biases and gains are no zeros and ones."""
    return jax.tree.map(lambda x: x + 0.3 * jax.random.normal(jax.random.key(x.size), x.shape), module)


def affine(layer, x):
    return x @ np.asarray(layer.weight, np.float64) + np.asarray(layer.bias)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gated(gate, x, y):
    """Parisotto et al. 2020, eq. 8, each matrix for itself."""
    w, u = np.asarray(gate.of_y.weight, np.float64), np.asarray(gate.of_x.weight, np.float64)
    b, c = np.asarray(gate.of_y.bias), np.asarray(gate.of_x.bias)
    one, two, three = slice(0, WIDTH), slice(WIDTH, 2 * WIDTH), slice(2 * WIDTH, 3 * WIDTH)
    reset = sigmoid(y @ w[:, one] + x @ u[:, one] + b[one] + c[one])
    update = sigmoid(y @ w[:, two] + x @ u[:, two] + b[two] + c[two] - np.asarray(gate.bias))
    candidate = np.tanh(y @ w[:, three] + b[three] + affine(gate.of_reset, reset * x))
    return (1 - update) * x + update * candidate


def normed(norm, x):
    scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return scaled * np.asarray(norm.gain) + np.asarray(norm.offset)


def attended(block, seen):
    """What the last of the steps `seen` attends to, head by head; how far back a step is has a number of its own."""
    rows = normed(block.before, np.stack(seen))
    query, both = affine(block.query, rows[-1]), affine(block.key_value, rows)
    keys, values, size, out = both[:, :WIDTH], both[:, WIDTH:], WIDTH // HEADS, []
    for head in range(HEADS):
        own = slice(head * size, (head + 1) * size)
        back = np.arange(len(seen))[::-1]
        score = keys[:, own] @ query[own] / np.sqrt(size) + np.asarray(block.distance)[head, back]
        weight = np.exp(score - score.max())
        out.append(weight / weight.sum() @ values[:, own])
    return affine(block.out, np.concatenate(out))


def slow(made, x, restart):
    """All outputs `[n, T, width]`: each block sees its own inputs of this step and of the window before it."""
    found = np.zeros(x.shape)
    for copy in range(len(x)):
        inputs = [[] for _ in made.blocks]
        for t in range(x.shape[1]):
            if restart[copy, t]:
                inputs = [[] for _ in made.blocks]
            now = x[copy, t].astype(np.float64)
            for block, before in zip(made.blocks, inputs, strict=True):
                before.append(now)
                now = gated(block.gate, now, np.maximum(attended(block, before[-WINDOW - 1 :]), 0))
                wide = np.maximum(affine(block.wide, normed(block.middle, now)), 0)
                now = gated(block.second_gate, now, np.maximum(affine(block.narrow, wide), 0))
            found[copy, t] = now
    return found


def test_the_gate_against_equation_8():
    gate = shaken(Gate(jax.random.key(0), WIDTH))
    x, y = RNG.normal(size=(2, 50, WIDTH)).astype(np.float32)
    np.testing.assert_allclose(gate(x, y), gated(gate, x, y), rtol=1e-4, atol=1e-5)
    fresh = Gate(jax.random.key(0), WIDTH)
    assert np.abs(fresh(x, y) - x).mean() < 0.5 * np.abs(x).mean()  # at the beginning much of x goes through


def test_the_whole_against_its_equations():
    made = shaken(GTrXL(jax.random.key(3), WIDTH, blocks=2, heads=HEADS, window=WINDOW))
    x = RNG.normal(size=(COPIES, LENGTH, WIDTH)).astype(np.float32)
    restart = np.zeros((COPIES, LENGTH), bool)
    restart[1, 3] = restart[1, 9] = restart[2, 6] = True
    unroll = jax.jit(lambda *given: made.unroll(*given), compiler_options=QUICK)
    found = unroll(made.start(COPIES), jnp.asarray(x), jnp.asarray(restart))
    np.testing.assert_allclose(found, slow(made, x, restart), rtol=1e-3, atol=1e-4)
