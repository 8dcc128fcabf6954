"""Classic control and bsuite's exploration and memory tasks by gymnax, as device worlds."""
