"""Its presence puts this folder on the path: tests import `toy_study`, `synthetic_evidence` and `walks` from here."""

import os

os.environ.setdefault("JAX_NUM_CPU_DEVICES", "4")  # for teams of synchronous learners, whatever the machine

import outrider  # noqa: F401  before any test imports jax: it makes XLA's settings
