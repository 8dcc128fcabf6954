"""HTML report, plots, GIFs."""
