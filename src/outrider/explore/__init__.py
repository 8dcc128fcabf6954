"""Signals without language: counts and, later, RND, ICM, NovelD, E3B."""
