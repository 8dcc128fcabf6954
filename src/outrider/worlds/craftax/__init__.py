"""Craftax-Classic and the full Craftax by craftax's own rules, as device worlds that speak."""
