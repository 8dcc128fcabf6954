"""Craftax-Classic by craftax's own rules, as a device world that speaks."""
