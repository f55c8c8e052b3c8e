"""One training: the same for the same seed, weighted and cut as it says."""

import math
import warnings
from dataclasses import replace

import joblib
import numpy as np
import pytest
import torch
from torch.nn import functional

from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.features import Pooled
from hw4.tweets.model import Head, UpperLayers
from hw4.tweets.training import (
    class_weights,
    draw,
    fit,
    initialize,
    load_pretrained,
    parameter_groups,
    probabilities,
    run_heads,
    schedule,
)

TRAIN, REST = np.arange(110), np.arange(110, 160)


@pytest.fixture
def runs(prepared):
    """Runs four heads with a number of jobs, and gives their probabilities."""
    folder, _, features, targets = prepared
    configs = [TrainConfig(epochs=e, learning_rate=r) for e in (1, 3) for r in (0.01, 0.1)]
    head = Head(load_pretrained(folder, configs[0]))

    def run(jobs):
        many = [(config, TRAIN) for config in configs]
        found = run_heads(many, head, Pooled(features.first), targets, jobs)
        return np.stack([one.tensors["probabilities"] for one in found])

    return run


def test_threads_give_the_same_heads(runs):
    alone = runs(1)
    assert len(np.unique(alone[:, 0])) == 4
    with joblib.parallel_config("threading"):
        assert np.array_equal(runs(1), alone)


def test_a_dask_cluster_gives_the_same_heads(runs):
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    alone = runs(1)
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        warnings.simplefilter("ignore")
        assert np.array_equal(runs(-1), alone)


def test_same_seed_same_head_and_other_seed_another(prepared):
    folder, _, features, targets = prepared

    def trained(seed):
        config = TrainConfig(epochs=2, seed=seed)
        head = Head(load_pretrained(folder, config))
        fit(config, head, Pooled(features.first), targets, TRAIN)
        return probabilities(head, Pooled(features.first), REST)

    assert np.array_equal(trained(1), trained(1))
    assert not np.array_equal(trained(1), trained(2))


def test_shuffled_targets_teach_nothing(prepared):
    folder, _, features, targets = prepared
    config = TrainConfig(epochs=15, learning_rate=0.01, pooling="layers")
    scores = []
    for seed in range(6):
        shuffled = np.random.default_rng(seed).permutation(targets)
        head = Head(load_pretrained(folder, config))
        fit(config, head, Pooled(features.means), shuffled, TRAIN)
        found = probabilities(head, Pooled(features.means), REST)
        scores.append(f1_macro(targets[REST], found > 0.5))
    assert np.mean(scores) < 0.6


def test_weights_are_inverse_to_frequency():
    targets = np.array([0] * 10 + [1] * 30)
    assert class_weights(targets, "none") is None
    assert class_weights(targets, "balanced").tolist() == pytest.approx([2.0, 2 / 3])


def test_schedule_rises_then_falls_to_nothing():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    rate = schedule(optimizer, steps=10, warmup_share=0.2)
    rates = []
    for _ in range(10):
        rates.append(rate.get_last_lr()[0])
        optimizer.step()
        rate.step()
    assert rates[:3] == [0.5, 1.0, 1.0] and rates[-1] == 0.125
    assert rates == sorted(rates[:3]) + sorted(rates[3:], reverse=True)


def test_each_step_has_its_rate_and_the_loss_weighs_the_classes_as_they_were_drawn(
    prepared, monkeypatch
):
    folder, _, features, targets = prepared
    config = TrainConfig(epochs=2, batch_size=4, learning_rate=0.01, draws=1.0, warmup_share=0.2)
    rates, weights, step = [], [], torch.optim.AdamW.step
    cross_entropy = functional.cross_entropy

    def noted(self, *given, **options):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *given, **options)

    def weighed(logits, labels, weight):
        weights.append(weight.tolist())
        return cross_entropy(logits, labels, weight=weight)

    monkeypatch.setattr(torch.optim.AdamW, "step", noted)
    monkeypatch.setattr(functional, "cross_entropy", weighed)
    fit(config, Head(load_pretrained(folder, config)), Pooled(features.first), targets, TRAIN)
    assert rates[0] < max(rates) == 0.01 and rates[-1] < 0.003 and len(set(rates)) > 3
    assert weights == [[1.0, 1.0]] * len(rates), "as many of class 1 as of class 0 were drawn"


def test_lower_layers_learn_more_slowly(small):
    config = TrainConfig(pooling="mean", unfreeze_layers=3, layer_decay=0.5)
    upper = UpperLayers(load_pretrained(small[0], config), 3, "mean")
    groups = parameter_groups(config, upper)
    assert [group["lr"] for group in groups] == [1e-3, 1e-4, 5e-5, 2.5e-5]
    first = next(iter(groups[1]["params"]))
    assert first is next(upper.layers[-1].parameters())


def test_an_epoch_draws_all_of_class_0_and_new_ones_of_class_1():
    targets = np.array([0] * 10 + [1] * 90 + [0] * 3)
    idx = np.arange(100)
    random = np.random.default_rng(0)
    first, second = (draw(TrainConfig(draws=3.0), targets, idx, random) for _ in range(2))
    for drawn in (first, second):
        assert set(range(10)) <= set(drawn) <= set(idx) and len(set(drawn)) == len(drawn) == 40
    assert set(first) != set(second)
    for all_of_them in (0.0, 20.0):
        assert draw(TrainConfig(draws=all_of_them), targets, idx, random) is idx


def test_a_linear_head_standardizes_what_it_is_trained_on(prepared):
    folder, _, features, targets = prepared
    config = TrainConfig(pooling="layers", head="linear", epochs=2)
    head = Head(load_pretrained(folder, config))
    pooled = torch.tensor(features.means[TRAIN])
    initialize(head, config.seed, pooled)
    assert head.classifier.weight.abs().max() == 0
    fit(config, head, Pooled(features.means), targets, TRAIN)
    standard = head.pre_classifier(pooled.flatten(1)) / head.pre_classifier.scale
    assert standard.mean(dim=0).abs().max() < 1e-3 and (standard.std(dim=0) - 1).abs().max() < 0.01
    assert head.classifier.weight.abs().max() > 0


def test_the_configuration_reaches_the_training(prepared):
    """Every argument that concerns a head changes the head."""
    folder, _, features, targets = prepared
    common = TrainConfig(epochs=2, learning_rate=0.01)

    def weights(config):
        head = Head(load_pretrained(folder, config))
        fit(config, head, Pooled(features.first), targets, TRAIN)
        return head.pre_classifier.weight.detach().clone()

    plain = weights(common)
    for change in (
        {"epochs": 3},
        {"learning_rate": 0.02},
        {"weight_decay": 5.0},
        {"warmup_share": 0.5},
        {"dropout": 0.6},
        {"batch_size": 20},
        {"class_weighting": "none"},
        {"max_grad_norm": 1e-3},
    ):
        assert not torch.equal(weights(replace(common, **change)), plain), change
    decayed = weights(replace(common, weight_decay=5.0, epochs=20)).norm()
    assert decayed < weights(replace(common, epochs=20)).norm() and math.isfinite(decayed)
