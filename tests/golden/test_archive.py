"""The archive of Go-Explore against a plain dictionary, and its draws against their weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.explore.archive import Stand, add, before, empty, leads, select

COPIES, BUCKETS, SIZE, STEPS = (
    7,
    12,
    9,
    40,
)  # many copies in few cells: rivals in every step, and no room in the end


def stand(rng):
    """Copies anywhere, with returns and lengths that often tie; the state says who they are."""
    returned, length = rng.integers(0, 3, (2, COPIES))
    name = rng.integers(0, 1 << 30, COPIES)
    return Stand(
        state={"name": jnp.asarray(name), "pair": jnp.asarray(np.stack([name, -name], 1))},
        layout=jnp.zeros(COPIES, jnp.int32),
        returned=jnp.asarray(returned, jnp.float32),
        length=jnp.asarray(length, jnp.int32),
        born=jnp.asarray(name, jnp.int32),
    )


def by_hand(cells, seen, refused, found, bucket, living):
    """The same step on a dictionary from bucket to the best row, copy by copy."""
    rows = {}
    for copy in np.flatnonzero(living):
        row = (-float(found.returned[copy]), int(found.length[copy]), copy)
        rows.setdefault(int(bucket[copy]), []).append(row)
    entering = sorted(min(rows[b])[2] for b in rows if b not in cells)  # in the order of the copies that lead
    for copy in entering[max(0, SIZE - len(cells)) :]:
        refused += 1
        rows.pop(int(bucket[copy]))
    for b, rivals in rows.items():
        returned, length, copy = min(rivals)
        if b not in cells or (returned, length) < cells[b][:2]:
            cells[b] = (returned, length, int(found.state["name"][copy]))
        seen[b] = seen.get(b, 0) + len(rivals)
    return refused


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_keeps_what_a_dictionary_keeps(seed):
    rng = np.random.default_rng(seed)
    archive, cells, seen, refused = empty(stand(rng), SIZE, bits=4), {}, {}, 0
    step = jax.jit(add)
    for _ in range(STEPS):
        found, bucket, living = stand(rng), rng.integers(0, BUCKETS, COPIES), rng.random(COPIES) < 0.8
        archive = step(archive, found, jnp.asarray(bucket), jnp.asarray(living))
        refused = by_hand(cells, seen, refused, found, bucket, living)
        assert int(archive.count) == len(cells)
        assert int(archive.refused) == refused
    assert len(cells) == SIZE
    assert refused, "the archive was to become full"
    index = np.asarray(archive.index)
    assert set(np.flatnonzero(index >= 0)) == set(cells)
    for b, (returned, length, name) in cells.items():
        held = jax.tree.map(lambda x, e=index[b]: np.asarray(x[e]), archive.stand)
        assert (-held.returned, held.length, held.state["name"]) == (returned, length, name)
        np.testing.assert_array_equal(held.state["pair"], [name, -name])
        assert archive.seen[index[b]] == seen[b]


def test_the_first_of_equal_copies_counts():
    group = jnp.array([1, 1, 0, 1])
    assert leads(group, -jnp.array([2.0, 2.0, 1.0, 1.0]), jnp.array([5, 5, 9, 1])).tolist() == [1, 0, 1, 0]


def test_ranks_count_in_order():
    one, other = (
        (jnp.array([0, 1, 1, 1]), jnp.array([9, 2, 3, 4])),
        (jnp.array([1, 0, 1, 1]), jnp.array([0, 9, 4, 4])),
    )
    assert before(one, other).tolist() == [True, False, True, False]


def test_cells_are_drawn_by_how_little_they_were_seen():
    first = stand(np.random.default_rng(0))
    archive = empty(first, SIZE, bits=4)
    seen = np.array([0, 3, 8, 99])
    archive = archive._replace(count=jnp.int32(4), seen=archive.seen.at[:4].set(seen).at[4:].set(0))
    stands = archive.stand._replace(born=jnp.arange(SIZE))
    drawn, found = select(archive._replace(stand=stands), jax.random.key(0), 40_000)
    share = np.bincount(np.asarray(found.born), minlength=SIZE) / 40_000
    weight = 1 / np.sqrt(seen + 1)
    np.testing.assert_allclose(share[:4], weight / weight.sum(), atol=0.01)
    assert share[4:].sum() == 0
    np.testing.assert_array_equal(drawn.chosen, share * 40_000)
