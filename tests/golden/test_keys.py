"""A key beside a split is none of the split."""

import jax
import pytest

from outrider.ops.keys import apart


@pytest.mark.parametrize("size", [2, 3, 64])
def test_apart_is_no_key_of_a_split(size):
    key = jax.random.key(7)
    parts = {tuple(jax.random.key_data(part).tolist()) for part in jax.random.split(key, size)}
    assert tuple(jax.random.key_data(apart(key)).tolist()) not in parts
    assert tuple(jax.random.key_data(jax.random.fold_in(key, 1)).tolist()) in parts  # why it is there
