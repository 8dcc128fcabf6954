"""Plans, statistics, evidence, verdicts. NumPy and SciPy only; never imports jax."""
