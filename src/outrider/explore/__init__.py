"""Signals without language: counts, RND, ICM, NovelD, RIDE, E3B, disagreement."""
