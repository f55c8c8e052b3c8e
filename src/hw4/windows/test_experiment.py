"""Train, select, evaluate: nothing leaks from the test set, validation alone chooses."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import timm
import torch

from hw4.foundation.compute import Device, threads
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.scores import best_temperature
from hw4.foundation.store import to_plain
from hw4.windows import data, experiment, features, model, training
from hw4.windows.data import FOLDER_NAMES
from hw4.windows.experiment import mirror_helps, scored, select
from hw4.windows.images import Photographs
from hw4.windows.made_up import (
    labelled_files,
    made_up,
    photographs,
    train_files,
    unlabelled_files,
    write_zip,
)
from hw4.windows.result import EXPERIMENT, NETWORKS, REFITTED, Result, Settings
from hw4.windows.trained import TrainConfig
from hw4.windows.weights import Weights

TINY = replace(
    Settings(),
    image_size=32,
    feature_size=32,
    folds=2,
    weight_decays=(0.1, 1.0),
    baseline=TrainConfig(32, 4e-3, 600, (1, 20), augment=0.0),
    small=TrainConfig(32, 4e-3, 100, (1, 2), label_smoothing=0.1, width=4),
    fine_tuned=TrainConfig(32, 1e-3, 100, (1, 1), backbone_rate=0.1, frozen_share=0.3),
)


def picture_set(n: int, seed: int, pixels=None, targets=None) -> Photographs:
    """`n` images of stripes, each class with its own, which a small network can tell apart."""
    rng = np.random.default_rng(seed)
    if targets is None:
        targets = rng.permutation(np.arange(n) % 5)
    if pixels is None:
        pixels = rng.integers(60, 190, (n, 32, 32, 3))
        for image, target in zip(pixels, targets, strict=True):
            image[6 * target : 6 * target + 6] += 50
    return photographs(pixels.astype(np.uint8), targets)


TRAIN, TEST = picture_set(90, 1), picture_set(40, 2)
USUAL: list = []
"""What a run on them brings, once it was needed."""


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory) -> Weights:
    file = tmp_path_factory.mktemp("weights") / "model.safetensors"
    safetensors.torch.save_file(timm.create_model("test_efficientnet").state_dict(), file)
    return Weights("test_efficientnet", "Tiny", "made up", file, "checksum")


@pytest.fixture
def run(places, monkeypatch, tiny_weights):
    """Run the experiment on given sets in a store of its own; the result, and all parts' arrays."""
    monkeypatch.setattr(experiment, "at_hand", lambda names: (tiny_weights,))
    counter = iter(range(100))

    def once(train=TRAIN, test=TEST, again=False) -> tuple[Result, dict[str, bytes]]:
        usual = train is TRAIN and test is TEST and not again
        if usual and USUAL:
            return USUAL[0]
        store = places.parent / f"store {next(counter)}"
        monkeypatch.setenv("HW4_STORE", str(store))
        monkeypatch.setattr(experiment.standin, "load", lambda *_: (train, test))
        work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
        result = experiment.run(TINY, work).result
        parts = {}
        for numbers in store.rglob("parts/*/numbers.json"):
            name = json.loads(numbers.read_bytes())["part"]
            parts[name] = (numbers.parent / "tensors.safetensors").read_bytes()
        if usual:
            USUAL.append((result, parts))
        return result, parts

    return once


def _without_times(result: Result) -> dict:
    """All that was decided without the test set."""
    plain = to_plain(result)
    for candidate in plain["trained"].values():
        for key in ("seconds", "reported"):
            del candidate[key]
    for backbone in plain["backbones"]:
        del backbone["seconds"]
    del plain["selection"]["written"]
    kept = ("trained", "backbones", "selection", "own_names")
    return {key: plain[key] for key in kept}


def test_a_poisoned_test_set_changes_nothing_but_test_scores(run):
    """Labels flipped, images noise: choices, epochs, weights, scores, curves stay to the bit."""
    noise = np.random.default_rng(9).integers(0, 256, (40, 32, 32, 3))
    poisoned = picture_set(40, 2, noise, (TEST.targets + 2) % 5)
    (clean, parts), (other, other_parts) = run(), run(test=poisoned)
    assert _without_times(clean) == _without_times(other)
    assert set(parts) >= {
        "small",
        "fine-tuned",
        "frozen",
        "selection",
        "refitted",
        "features-test_efficientnet",
    }
    assert parts == other_parts, "every weight, feature and validation probability is the same"
    accuracies = [[it.accuracy for it in result.trained.values()] for result in (clean, other)]
    assert accuracies[0] != accuracies[1]


def test_poisoned_validation_labels_change_the_choice_and_no_training(run, monkeypatch):
    split = data.split

    def poisoned(*given):
        learning, unseen = split(*given)
        targets = (learning.validation.targets + 1) % 5
        return replace(learning, validation=replace(learning.validation, targets=targets)), unseen

    clean, _ = run()
    monkeypatch.setattr(data, "split", poisoned)
    other, _ = run(again=True)
    for name, candidate in clean.trained.items():
        if name == REFITTED or not candidate.epochs:  # it learns from the validation photographs
            continue
        losses, others = ([e.train_loss for e in it.trained[name].epochs] for it in (clean, other))
        assert losses == others, name
        assert candidate.epochs[-1].val_loss != other.trained[name].epochs[-1].val_loss
    assert clean.selection.validation_score > other.selection.validation_score
    assert _probes(clean) == _probes(other), "the search uses the training photographs alone"


def _probes(result: Result) -> list:
    return [(it.cross_validation_accuracy, it.weight_decay) for it in result.backbones]


def test_shuffled_training_labels_bring_chance(run):
    shuffled = np.random.default_rng(4).permutation(TRAIN.targets)
    result, _ = run(train=picture_set(90, 1, TRAIN.store.pixels, shuffled))
    clean, _ = run()
    chance_std = (0.2 * 0.8 / 40) ** 0.5
    assert clean.trained["baseline"].accuracy > 0.2 + 5 * chance_std, "there is something to learn"
    for name, candidate in result.trained.items():
        assert abs(candidate.accuracy - 0.2) < 4 * chance_std, name


def test_a_permuted_test_set_has_the_same_scores(run, monkeypatch):
    order = np.random.default_rng(5).permutation(40)
    permuted = photographs(TEST.store.pixels[order], TEST.targets[order])
    predicted = []
    evaluate = experiment.evaluate
    monkeypatch.setattr(
        experiment, "evaluate", lambda *given: predicted.append(evaluate(*given)) or predicted[-1]
    )
    one, other = run(again=True)[0], run(test=permuted)[0]
    assert [it.accuracy for it in one.trained.values()] == [
        it.accuracy for it in other.trained.values()
    ]
    assert one.best.reported.confusion == other.best.reported.confusion
    (_, first), (_, second) = predicted
    for name, probabilities in first.items():
        np.testing.assert_allclose(second[name], probabilities[order], atol=1e-5)


def test_every_network_is_there_and_the_selection_is_written_first(run):
    result, parts = run()
    assert list(result.trained) == list(NETWORKS)
    learning, _ = data.split(TRAIN, TEST, TINY.seed, TINY.validation_share, TINY.held_out_share)
    for name in set(NETWORKS) - {REFITTED}:
        validation = safetensors.numpy.load(parts[name])["validation"]
        found, expected = (
            result.trained[name].validation,
            scored(validation, learning.validation.targets),
        )
        assert found.confusion == expected.confusion, name
        assert found.log_loss == pytest.approx(expected.log_loss), name
    assert result.selection.choice["network"] == result.chosen
    chosen = result.trained[result.chosen]
    assert result.selection.choice["mirrored"] == chosen.mirrored == result.best.mirrored
    assert result.selection.validation_score == chosen.validation.accuracy
    frozen = result.trained["frozen"]
    assert frozen.config.input_size == TINY.feature_size, "it is tested on what it learned from"
    assert frozen.learned == 5 * result.backbones[0].features + 5 < frozen.parameters
    assert result.trained["fine-tuned"].learned < frozen.parameters, "the first stage is frozen"
    assert result.trained["small-no-augmentation"].config.augment == 0
    assert result.trained["frozen-no-balancing"].config.balance is False
    assert result.steps["fine-tuning"].value == pytest.approx(
        result.trained["fine-tuned"].accuracy - frozen.accuracy
    )
    assert result.steps["refitting"].value == pytest.approx(result.best.accuracy - chosen.accuracy)
    assert len(result.shown) == 8 and result.check.fit + result.check.validation == 90


def test_the_refit_sees_the_training_and_validation_photographs_and_no_other(run, monkeypatch):
    """Each as often as the others, as many epochs as the chosen network, from the same start."""
    learned, fit = [], training.fit

    def noted(network, train, val, config, *given):
        learned.append((train, val, config))
        return fit(network, train, val, config, *given)

    monkeypatch.setattr(training, "fit", noted)
    monkeypatch.setattr(experiment, "select", lambda networks, targets, work: select(
        {"small": networks["small"]}, targets, work))  # fmt: skip
    result, parts = run(again=True)
    (small, validation, config), (refitted, nothing, refit_config) = learned[1], learned[-1]
    assert len(nothing) == 0 and not set(small.rows) & set(validation.rows)
    assert sorted(refitted.rows) == sorted([*small.rows, *validation.rows]) == list(range(90))
    assert refitted.store is small.store is TRAIN.store, "none of the test set"
    assert np.array_equal(refitted.targets, TRAIN.targets[refitted.rows])
    epochs = len(result.trained["small"].epochs)
    assert refit_config == replace(config, epochs=(epochs, epochs))
    assert len(result.best.epochs) == epochs
    assert np.isnan(result.best.validation.accuracy), "it has no validation photographs left"
    assert parts["refitted"] != parts["small"]


def test_a_refit_looks_at_mirror_images_as_validation_decided(monkeypatch):
    chosen = replace(made_up()["usual"].trained["small"], mirrored=True)
    without = Outcome(replace(chosen, mirrored=False))  # as there is no validation left
    monkeypatch.setattr(experiment, "train_one", lambda *given: without)
    learning, _ = data.split(TRAIN, TEST, TINY.seed, TINY.validation_share, TINY.held_out_share)
    assert experiment.refit(chosen, learning, TINY, None).result.mirrored


def test_a_chosen_head_is_refitted_on_the_stored_features(run, monkeypatch):
    heads, head_on = [], features.head_on

    def noted(vectors, targets, config):
        heads.append((vectors, targets, config))
        return head_on(vectors, targets, config)

    monkeypatch.setattr(features, "head_on", noted)
    monkeypatch.setattr(experiment, "select", lambda networks, targets, work: select(
        {"frozen": networks["frozen"]}, targets, work))  # fmt: skip
    result, _ = run(again=True)
    (vectors, targets, config), (all_vectors, all_targets, again) = heads[-3], heads[-1]
    assert len(targets) == result.check.fit and len(all_targets) == 90
    assert np.array_equal(all_targets[: len(targets)], targets)
    assert np.array_equal(all_vectors[: len(targets)], vectors)
    assert again.weight_decay == config.weight_decay and result.best.learned < 5000


def test_the_test_set_opens_once_and_only_after_the_selection(places):
    work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
    sealed = work.seal(lambda: "test set")
    selection = made_up()["usual"].selection
    with pytest.raises(RuntimeError, match="after the selection"):
        sealed.open(selection)
    networks = _networks({"baseline": 0.5, "fine-tuned": 0.9, "frozen": 0.85, "small": 0.6})
    written = select(networks, _targets(), work)
    assert written.choice["network"] == "fine-tuned", "on the test set it is the worst of all"
    assert written.choice["temperature"] == best_temperature(_said(0.9), _targets())
    assert sealed.open(written) == "test set"
    with pytest.raises(RuntimeError, match="once"):
        sealed.open(written)


def _targets(n: int = 100) -> np.ndarray:
    return np.arange(n) % 5


def _said(accuracy: float, sure: float = 0.8, n: int = 100) -> np.ndarray:
    targets = _targets(n)
    answers = np.where(np.arange(n) < round(accuracy * n), targets, (targets + 1) % 5)
    probabilities = np.full((n, 5), (1 - sure) / 4)
    probabilities[np.arange(n), answers] = sure
    return probabilities


def _networks(accuracies: dict[str, float], sure: float = 0.8) -> dict:
    """Networks with these validation accuracies; what they have on the test set is the opposite."""
    usual = made_up()["usual"]
    networks = {}
    for name, accuracy in accuracies.items():
        validation = scored(_said(accuracy, sure), _targets())
        reported = scored(_said(1 - accuracy), _targets())
        record = replace(usual.trained[name], validation=validation, reported=reported)
        networks[name] = Outcome(record, {"validation": _said(accuracy)})
    return networks


def test_of_two_as_often_right_the_one_that_is_surer_of_the_truth_is_chosen(places):
    work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
    networks = _networks({"small": 0.9}, sure=0.9) | _networks({"baseline": 0.9}, sure=0.6)
    for either in (networks, dict(reversed(networks.items()))):
        assert select(either, _targets(), work).choice["network"] == "small"


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mirror_images_count_in_the_test_as_validation_decided(seed, mirrored):
    torch.manual_seed(seed)
    network = model.ThreeConvolutions(5, 32)
    weights = {f"weights.{key}": it.numpy() for key, it in network.state_dict().items()}
    record = made_up()["usual"].trained["baseline"]
    config = replace(record.config, input_size=32)
    record = replace(record, network="three_convolutions", config=config, mirrored=mirrored)
    answers = experiment.predicted(Outcome(record, weights), TEST, "cpu")
    views = training.predict(network, TEST, 32, "cpu")
    np.testing.assert_allclose(answers, views.mean(0) if mirrored else views[0], atol=1e-6)


@pytest.mark.parametrize(
    ("straight", "averaged", "mirrored"),
    [
        (_said(0.7), _said(0.8), True),
        (_said(0.8), _said(0.7), False),
        (_said(0.7, 0.6), _said(0.7, 0.75), True),
        (_said(0.7), _said(0.7), False),
        (_said(0.8, 0.999), _said(0.78, 0.7), False),
    ],
    ids=["more right", "less right", "as right but surer of it", "no better", "less sure only"],
)
def test_mirror_images_are_averaged_where_validation_says_so(straight, averaged, mirrored):
    both = (scored(probabilities, _targets()) for probabilities in (straight, averaged))
    assert mirror_helps(*both) is mirrored


def test_the_backbone_with_the_best_cross_validation_comes_first(monkeypatch):
    usual = made_up()["usual"].backbones[0]
    accuracies, asked = {"a": 0.7, "b": 0.9, "c": 0.8}, []
    monkeypatch.setattr(experiment, "at_hand", lambda names: tuple(accuracies))
    monkeypatch.setattr(
        features, "probe",
        lambda name, *_: Outcome(
            replace(usual, name=name, cross_validation_accuracy=accuracies[name], weight_decay=0.3)
        ),
    )  # fmt: skip
    monkeypatch.setattr(experiment, "train_one", lambda *given: asked.append(given[:3]))
    work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
    _, compared = experiment.train(None, TINY, work)
    assert [it.name for it in compared] == ["b", "c", "a"]
    plans = {name: (kind, config) for name, kind, config in asked}
    assert plans["fine-tuned"] == ("b", TINY.fine_tuned)
    head = plans["frozen"][1]
    assert (head.input_size, head.weight_decay, head.backbone_rate) == (32, 0.3, 0)


@pytest.fixture
def small(places, monkeypatch):
    """Settings with which a whole build takes seconds, without pre-trained weights."""
    tiny = replace(TINY, image_size=64, stand_in_images=100)
    monkeypatch.setattr(Settings, "quick", classmethod(lambda cls: tiny))
    monkeypatch.setattr(experiment, "at_hand", lambda names: ())
    monkeypatch.setattr("hw4.foundation.experiment.threads", lambda: threads(1))
    monkeypatch.setenv("HW4_PROFILE", "quick")
    return places


def test_without_weights_the_best_from_scratch_answers(small):
    assert EXPERIMENT.ensure()
    result = EXPERIMENT.stored()
    assert EXPERIMENT.source().is_stand_in and result.labelled
    assert list(result.trained) == ["baseline", "small", "small-no-augmentation", REFITTED]
    assert not result.pretrained and result.backbone == "none"
    report = json.loads(json.dumps(to_plain(result.report())))
    assert report["pretrained"] is False and report["test_accuracy"] is not None
    pictures = EXPERIMENT.tensors()
    assert len(pictures["looked_at"]) == len(pictures["mistakes"]) == len(result.shown)
    assert not EXPERIMENT.ensure(), "what is stored is not computed again"


def test_an_unlabelled_test_set_brings_predictions_and_a_labelled_one_takes_them_away(
    small, tmp_path
):
    write_zip(small / "windows_train_set.zip", train_files(16))
    write_zip(small / "windows_test_set.zip", unlabelled_files(12))
    EXPERIMENT.ensure()
    result, file = EXPERIMENT.stored(), tmp_path / "output" / "predictions.csv"
    EXPERIMENT.deliver(result)
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert rows[0] == ["filename", "predicted_label"]
    assert [row[0] for row in rows[1:]] == [f"{place}.jpg" for place in range(12)]
    assert {row[1] for row in rows[1:]} <= set(FOLDER_NAMES)
    report = result.report()
    assert report["test_accuracy"] is None and report["test_interval"] is None
    assert 0 <= report["held_out_accuracy"] <= 1
    assert result.best.reported.n == result.check.held_out > 0

    write_zip(small / "windows_test_set.zip", labelled_files(3))
    EXPERIMENT.ensure()
    result = EXPERIMENT.stored()
    EXPERIMENT.deliver(result)
    assert result.labelled and result.best.reported.n == 15
    assert not file.exists()


def test_a_change_of_one_configuration_repeats_one_network(small, monkeypatch):
    EXPERIMENT.ensure()
    trained = []
    fit = training.fit
    monkeypatch.setattr(
        training,
        "fit",
        lambda network, *given: trained.append(type(network).__name__) or fit(network, *given),
    )
    other = replace(Settings.quick(), baseline=replace(TINY.baseline, learning_rate=1e-3))
    monkeypatch.setattr(Settings, "quick", classmethod(lambda cls: other))
    assert EXPERIMENT.ensure()
    assert set(trained) == {"ThreeConvolutions"}, "and what is refitted, if it was chosen"


def test_a_network_is_trained_again_for_another_split_or_other_weights(monkeypatch, tiny_weights):
    def key(settings=TINY, weights=tiny_weights):
        monkeypatch.setattr(experiment, "at_hand", lambda names: (weights,))
        work = SimpleNamespace(device="cpu", part=lambda name, basis, *_: basis)
        config = TINY.fine_tuned
        return experiment.train_one("x", weights.name, config, None, settings, work)

    assert key() == key()
    others = [replace(TINY, seed=2), replace(TINY, validation_share=0.3)]
    keys = [key(), *map(key, others), key(weights=replace(tiny_weights, checksum="other"))]
    assert len(set(keys)) == 4
