"""One seed for everything random."""

import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch (all devices) with `seed`."""
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def generator(seed: int):
    """A `torch.Generator` on the CPU with `seed`, which nobody else moves."""
    import torch

    return torch.Generator().manual_seed(seed)
