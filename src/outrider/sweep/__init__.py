"""Tuned baselines: random search over a learner's settings with successive halving, recorded and resumable."""
