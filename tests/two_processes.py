"""One of the two processes of `tests/learning/test_processes.py`: joins the other, learns from its share of a rollout.

python tests/two_processes.py ADDRESS INDEX BEGAN.npz OUT.npz
"""

import sys

import numpy as np

from outrider.learn.processes import Processes


def packed(tree):
    """The leaves as NumPy arrays, keys as their numbers."""
    import jax

    def plain(x):
        return jax.random.key_data(x) if jax.numpy.issubdtype(x.dtype, jax.dtypes.prng_key) else x

    return [np.asarray(plain(leaf)) for leaf in jax.tree.leaves(tree)]


def unpacked(arrays, like):
    """A tree of the form of `like`, with such leaves."""
    import jax

    def made(array, leaf):
        key = jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        return jax.random.wrap_key_data(array) if key else jax.numpy.asarray(array)

    leaves, form = jax.tree.flatten(like)
    return jax.tree.unflatten(form, [made(*pair) for pair in zip(arrays, leaves, strict=True)])


def main() -> None:
    """Learn once in a team of two and write what this process then has in common with the other."""
    address, index, began, out = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    Processes(address, 2, index).join()
    import jax

    from learning.test_team import begun, learnt

    assert jax.process_count() == 2
    assert len(jax.local_devices()) == 1
    learner, line = learnt(2, "ppo", *unpacked(np.load(began).values(), jax.eval_shape(begun)))
    common = (learner.network, learner.optimiser, learner.signal, learner.diary, line)
    np.savez(out, *jax.tree.leaves(jax.device_get(common)))


if __name__ == "__main__":
    main()
