"""One of the two processes of `tests/learning/test_processes.py`: joins the other, learns from its share of a rollout.

python tests/two_processes.py ADDRESS INDEX OUT.npz
"""

import sys

import numpy as np

from outrider.learn.processes import Processes


def main() -> None:
    """Learn once in a team of two and write what this process then has in common with the other."""
    address, index, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    Processes(address, 2, index).join()
    import jax

    from learning.test_team import learnt, rolled

    assert jax.process_count() == 2
    assert len(jax.local_devices()) == 1
    learner, line = learnt(2, *rolled())
    common = jax.device_get((learner.network, learner.optimiser, learner.signal, learner.diary, line))
    np.savez(out, *jax.tree.leaves(common))


if __name__ == "__main__":
    main()
