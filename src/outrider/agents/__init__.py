"""Networks and how they act; usable without training."""
