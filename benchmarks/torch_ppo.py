"""The fair peer: a plain PPO in torch over envpool's C++ MiniGrid, in the manner of CleanRL, tuned for speed on a CPU.

    python benchmarks/torch_ppo.py --steps 500000      # prints progress; needs the extras host and bench

Two networks of 2 x 64 with tanh, orthogonal weights, Adam with eps 1e-5 and a falling learning rate, generalised
advantages, clipped losses, advantages normalised by minibatch, global gradient clipping: what `outrider train` does by
default, with the same numbers. Observations stay bytes until the minibatch; buffers are made once; acting runs
without gradients on one thread. What was tried for speed and lost is in docs/decisions/host-worlds.md.
"""

from __future__ import annotations

import argparse
import time

import envpool
import numpy as np
import torch
from torch import nn

WORLD = "MiniGrid-DoorKey-8x8-v0"
ENVS, ROLLOUT, EPOCHS, MINIBATCHES = 64, 64, 4, 4
RATE, DISCOUNT, TRACE, CLIP, ENTROPY, VALUE, NORM = 2e-3, 0.99, 0.95, 0.2, 0.01, 0.5, 0.5
PIXELS, DIRECTIONS, ACTIONS = 7 * 7 * 3, 4, 7


def perceptron(outputs: int, gain: float) -> nn.Sequential:
    """Two hidden layers of 64, orthogonal, on the flat view and the direction."""
    sizes = (PIXELS + DIRECTIONS, 64, 64, outputs)
    layers: list[nn.Module] = []
    for inputs, width, scale in zip(sizes[:-1], sizes[1:], (2**0.5, 2**0.5, gain), strict=True):
        layer = nn.Linear(inputs, width)
        nn.init.orthogonal_(layer.weight, scale)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Agent(nn.Module):
    """Policy and value, each a network of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.actor, self.critic = perceptron(ACTIONS, 0.01), perceptron(1, 1.0)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.actor(x).log_softmax(-1), self.critic(x).squeeze(-1)


def write(obs: dict[str, np.ndarray], out: torch.Tensor) -> None:
    """The view's codes, a tenth each, and the direction one-hot, as floats `[n, 151]`."""
    out[:, :PIXELS] = torch.from_numpy(obs["image"].reshape(len(out), PIXELS))
    out[:, :PIXELS] *= 0.1
    out[:, PIXELS:] = 0.0
    out[torch.arange(len(out)), PIXELS + torch.from_numpy(obs["direction"]).long()] = 1.0


def train(steps: int, seed: int = 0, threads: int = 2, talk: bool = False) -> float:
    """Train, and return the steps per second of all updates but the first two."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    env = envpool.make(WORLD, env_type="gymnasium", num_envs=ENVS, num_threads=2, seed=seed)
    agent = Agent()
    optimiser = torch.optim.Adam(agent.parameters(), lr=RATE, eps=1e-5, fused=True)
    x = torch.zeros(ROLLOUT + 1, ENVS, PIXELS + DIRECTIONS)
    action = torch.zeros(ROLLOUT, ENVS, dtype=torch.long)
    log_prob, reward, ended, terminated, valid = (torch.zeros(ROLLOUT, ENVS) for _ in range(5))
    value, advantage = torch.zeros(ROLLOUT + 1, ENVS), torch.zeros(ROLLOUT, ENVS)
    before = torch.zeros(
        ENVS, dtype=torch.bool
    )  # the last step ended an episode: this one's action is ignored
    write(env.reset()[0], x[ROLLOUT])
    updates = -(-steps // (ENVS * ROLLOUT))
    began, won, over = time.perf_counter(), 0, 0
    for update in range(updates):
        if update == 2:
            began = time.perf_counter()
        optimiser.param_groups[0]["lr"] = RATE * (1 - update / updates)
        x[0] = x[ROLLOUT]
        with torch.inference_mode():
            for t in range(ROLLOUT):
                log_p, value[t] = agent(x[t])
                noise = torch.empty_like(log_p).exponential_().log_()
                action[t] = (log_p - noise).argmax(-1)  # Gumbel's trick, as torch.multinomial does
                log_prob[t] = log_p.gather(-1, action[t, :, None]).squeeze(-1)
                obs, paid, end, cut, _ = env.step(action[t].numpy().astype(np.int32))
                write(obs, x[t + 1])
                reward[t], terminated[t] = torch.from_numpy(paid), torch.from_numpy(end).float()
                valid[t] = (~before).float()
                before = torch.from_numpy(end | cut)
                ended[t] = before.float()
                won, over = won + int((paid > 0).sum()), over + int(before.sum())
            value[ROLLOUT] = agent(x[ROLLOUT])[1]
            later = torch.zeros(ENVS)
            for t in reversed(range(ROLLOUT)):
                # A truncated episode's last sight is the next row, which is masked, so its value is at hand.
                error = reward[t] + DISCOUNT * value[t + 1] * (1 - terminated[t]) - value[t]
                later = error + DISCOUNT * TRACE * (1 - ended[t]) * later
                advantage[t] = later
        learn(agent, optimiser, x[:ROLLOUT], action, log_prob, value[:ROLLOUT], advantage, valid)
        if talk and update % 10 == 9:
            rate = (update - 1) * ENVS * ROLLOUT / (time.perf_counter() - began)
            print(
                f"{(update + 1) * ENVS * ROLLOUT:>9,} steps  success {won / max(over, 1):.2f}  {rate:,.0f} steps/s"
            )
            won = over = 0
    return (updates - 2) * ENVS * ROLLOUT / (time.perf_counter() - began)


def learn(agent: Agent, optimiser: torch.optim.Optimizer, *rollout: torch.Tensor) -> None:
    """Epochs and minibatches over the rollout's rows, those masked left out."""
    x, action, old_log_prob, old_value, advantage, valid = (part.flatten(0, 1) for part in rollout)
    target = advantage + old_value
    kept = valid.nonzero().squeeze(-1)
    parameters = list(agent.parameters())
    for _ in range(EPOCHS):
        for rows in kept[torch.randperm(len(kept))].chunk(MINIBATCHES):
            log_p, value = agent(x[rows])
            gain = advantage[rows]
            gain = (gain - gain.mean()) / (gain.std(correction=0) + 1e-8)
            ratio = (log_p.gather(-1, action[rows, None]).squeeze(-1) - old_log_prob[rows]).exp()
            policy = -torch.min(ratio * gain, ratio.clamp(1 - CLIP, 1 + CLIP) * gain).mean()
            near = old_value[rows] + (value - old_value[rows]).clamp(-CLIP, CLIP)
            error = torch.max((value - target[rows]) ** 2, (near - target[rows]) ** 2).mean()
            entropy = -(log_p.exp() * log_p).sum(-1).mean()
            loss = policy + VALUE * 0.5 * error - ENTROPY * entropy
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, NORM, foreach=True)
            optimiser.step()


def main() -> None:
    """Train as the arguments say."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--steps", type=int, default=500_000)
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--threads", type=int, default=2)
    asked = given.parse_args()
    print(f"{train(asked.steps, asked.seed, asked.threads, talk=True):,.0f} steps/s")


if __name__ == "__main__":
    main()
