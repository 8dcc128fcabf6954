"""`outrider demonstrate`."""

from __future__ import annotations

from pathlib import Path

from outrider.errors import OutriderError


def demonstrate(world_id: str, out: Path, episodes: int, by: str, seed: int) -> None:
    """Record episodes in a device world and write them as a Minari dataset. Errors: each before the first step."""
    from outrider.learn.datasets import check_free, check_minari, save
    from outrider.worlds.names import check_installed

    if episodes < 1:
        raise OutriderError(f"--episodes is {episodes}; it must be at least 1")
    check_minari()
    check_free(out)
    check_installed(world_id)

    import jax

    from outrider.agents.released import load_for
    from outrider.learn.demonstrations import by_agent, by_expert, check_shown, record
    from outrider.worlds.experts import expert_of
    from outrider.worlds.registry import make

    world = make(world_id)
    actor = by_expert(expert_of(world)) if by == "expert" else by_agent(load_for(world_id, by).network)
    shown = record(world, actor, episodes, jax.random.key(seed), by)
    check_shown(shown, world, str(out))
    save(out, shown, world.space)
    mean = shown.returns.mean()
    print(f"{episodes:,} episodes, {len(shown.reward):,} steps, mean return {mean:.3f}: {out}")
