"""Its presence puts this folder on the path: tests import `toy_study`, `synthetic_evidence` and `walks` from here."""

import outrider  # noqa: F401  before any test imports jax: it makes XLA's settings
