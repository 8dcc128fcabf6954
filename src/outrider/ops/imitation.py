"""Mathematics of learning from demonstrations: the loss."""

from __future__ import annotations

from jaxtyping import Array, Float


def cross_entropy(log_prob: Float[Array, "N"]) -> Float[Array, ""]:
    """Of shown actions under the policy, in nats: the mean of their negative log-probabilities.

    Up to a constant it is the Kullback-Leibler divergence from whoever showed them to the policy (Pomerleau 1991;
    Ross et al. 2011 call it a surrogate loss).
    """
    return -log_prob.mean()
