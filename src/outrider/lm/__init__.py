"""Questions, engines, cassettes, budgets, placebos. Never imports jax."""
