"""Pure mathematics: advantages, losses, running moments, distributions."""
