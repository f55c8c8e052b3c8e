"""The device is chosen or asked for; the number of threads is the same whatever surrounds it."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from hw4.foundation.compute import THREADS, device, seed_everything, threads
from hw4.foundation.errors import UserError

SUMS = """
import torch
from hw4.foundation.compute import seed_everything, threads
with threads():
    seed_everything(1)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(2)
    )
    images = torch.randn(64, 3, 30, 30)
    optimizer = torch.optim.SGD(network.parameters(), 0.5)
    for _ in range(5):
        optimizer.zero_grad()
        loss = network(images).square().mean()
        loss.backward()
        optimizer.step()
    print(torch.get_num_threads(), loss.item().hex(), images.sum().item().hex())
"""


def test_the_number_of_threads_around_a_training_changes_nothing():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SUMS],
            env=os.environ | {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in ("1", "2", "3")
    ]
    assert runs[0].startswith(f"{THREADS} ")
    assert runs == runs[:1] * 3


def test_one_seed_is_for_everything_random():
    drawn = []
    for _ in range(2):
        seed_everything(541)
        drawn.append((random.random(), np.random.random(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]


def test_threads_are_given_back_after_a_failure():
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        with threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == before + 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("cuda", "mps", "wish", "kind"),
    [
        (False, False, "", "cpu"),
        (False, True, "", "mps"),
        (True, True, "", "cuda"),
        (True, True, "mps", "mps"),
        (True, False, "cpu", "cpu"),
    ],
)
def test_the_best_device_or_the_one_that_is_asked_for(monkeypatch, cuda, mps, wish, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H100")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setenv("HW4_DEVICE", wish)
    found = device()
    assert found.kind == kind
    assert found.name == {"cuda": "H100", "mps": "Apple GPU"}.get(kind, found.name) != ""


@pytest.mark.parametrize(("wish", "said"), [("gpu", "only cuda, mps, cpu"), ("cuda", "finds only")])
def test_a_device_that_is_not_there_is_refused(monkeypatch, wish, said):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("HW4_DEVICE", wish)
    with pytest.raises(UserError, match=said):
        device()
