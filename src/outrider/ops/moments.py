"""Running mean and variance of rows that come in batches."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Moments(NamedTuple):
    """Of all rows so far; before the first ones mean 0 and variance 1, so that `standard` changes nothing."""

    count: Float[Array, ""]
    mean: Float[Array, "*k"]
    variance: Float[Array, "*k"]

    @classmethod
    def of(cls, *shape: int) -> Moments:
        """Of no rows yet."""
        return cls(jnp.float32(0), jnp.zeros(shape), jnp.ones(shape))

    def merged(self, rows: Float[Array, "n *k"]) -> Moments:
        """With `rows` added (Chan, Golub and LeVeque 1979, eq. 2.1)."""
        new, total = len(rows), self.count + len(rows)
        mean, variance = rows.mean(0), rows.var(0)
        apart = mean - self.mean
        share = new / total
        squares = self.count * self.variance + new * variance + apart**2 * self.count * share
        return Moments(total, self.mean + apart * share, squares / total)

    def standard(self, rows: Float[Array, "*n *k"], most: float = jnp.inf) -> Float[Array, "*n *k"]:
        """Rows of mean 0 and deviation 1, no number beyond `most`."""
        return jnp.clip((rows - self.mean) / jnp.sqrt(self.variance + 1e-8), -most, most)
