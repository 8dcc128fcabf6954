"""One training step on one screen: PPO, learners, the worker that trains one job."""
