"""Train, select, evaluate: nothing leaks from the test set, validation alone chooses."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.torch
import timm

from hw4.foundation.compute import Device, threads
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.store import to_plain
from hw4.windows import backbones, experiment, present, training
from hw4.windows.candidate import NETWORKS, TrainConfig
from hw4.windows.data import FOLDER_NAMES, Photographs, PictureSet
from hw4.windows.experiment import select
from hw4.windows.made_up import made_up
from hw4.windows.model import ThreeConvolutions
from hw4.windows.networks import recorded, scored
from hw4.windows.result import EXPERIMENT, Result, Settings
from hw4.windows.samples import labelled_files, train_files, unlabelled_files, write_zip
from hw4.windows.training import Trained
from hw4.windows.weights import Weights

TINY = replace(
    Settings(),
    image_size=32,
    feature_size=32,
    folds=2,
    weight_decays=(0.1, 1.0),
    width=4,
    baseline=TrainConfig(32, 4e-3, 600, (1, 20), augment=False),
    small=TrainConfig(32, 4e-3, 100, (1, 2), label_smoothing=0.1, averaging=0.5),
    head=TrainConfig(64, 1e-2, 1500, (1, 60), backbone_rate=0.0),
    fine_tuned=TrainConfig(32, 1e-3, 100, (1, 1), backbone_rate=0.1, frozen_share=0.3),
)


def picture_set(n: int, seed: int, pixels=None, targets=None) -> PictureSet:
    """`n` images of stripes, each class with its own, which a small network can tell apart."""
    rng = np.random.default_rng(seed)
    if targets is None:
        targets = rng.permutation(np.arange(n) % 5)
    if pixels is None:
        pixels = rng.integers(60, 190, (n, 32, 32, 3))
        for image, target in zip(pixels, targets, strict=True):
            image[6 * target : 6 * target + 6] += 50
    names = tuple(f"{seed}/{i}.jpg" for i in range(n))
    photographs = Photographs(pixels.astype(np.uint8), np.arange(n), targets, names)
    return PictureSet(photographs, tuple(f"{seed} {i}" for i in range(n)))


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
        for key in ("seconds", "images_per_second", "reported"):
            del candidate[key]
    for backbone in plain["backbones"]:
        del backbone["seconds"]
    del plain["selection"]["written"]
    kept = ("trained", "backbones", "chosen", "selection", "temperature", "own_names")
    return {key: plain[key] for key in kept}


def test_a_poisoned_test_set_changes_nothing_but_test_scores(run):
    """Labels flipped, images noise: choices, epochs, weights, scores, curves stay to the bit."""
    noise = np.random.default_rng(9).integers(0, 256, (40, 32, 32, 3))
    poisoned = picture_set(40, 2, noise, (TEST.photographs.targets + 2) % 5)
    (clean, parts), (other, other_parts) = run(), run(test=poisoned)
    assert _without_times(clean) == _without_times(other)
    assert set(parts) >= {
        "small",
        "fine-tuned",
        "frozen",
        "selection",
        "features-test_efficientnet",
    }
    assert parts == other_parts, "every weight, feature and validation probability is the same"
    accuracies = [[it.accuracy for it in result.trained.values()] for result in (clean, other)]
    assert accuracies[0] != accuracies[1]


def test_poisoned_validation_labels_change_the_choice_and_no_training(run, monkeypatch):
    split = experiment.split

    def poisoned(*given):
        learning, unseen = split(*given)
        targets = (learning.validation.targets + 1) % 5
        return replace(learning, validation=replace(learning.validation, targets=targets)), unseen

    clean, _ = run()
    monkeypatch.setattr(experiment, "split", poisoned)
    other, _ = run(again=True)
    for name, candidate in clean.trained.items():
        losses, others = ([e.train_loss for e in it.trained[name].epochs] for it in (clean, other))
        assert losses == others, name
        assert candidate.epochs[-1].val_loss != other.trained[name].epochs[-1].val_loss
    assert clean.best.validation_accuracy > other.best.validation_accuracy
    assert _probes(clean) == _probes(other), "the search uses the training photographs alone"


def _probes(result: Result) -> list:
    return [(it.cross_validation_accuracy, it.weight_decay) for it in result.backbones]


def test_shuffled_training_labels_bring_chance(run):
    shuffled = np.random.default_rng(4).permutation(TRAIN.photographs.targets)
    result, _ = run(train=picture_set(90, 1, TRAIN.photographs.pixels, shuffled))
    clean, _ = run()
    chance_std = (0.2 * 0.8 / 40) ** 0.5
    assert clean.trained["baseline"].accuracy > 0.2 + 5 * chance_std, "there is something to learn"
    for name, candidate in result.trained.items():
        assert abs(candidate.accuracy - 0.2) < 4 * chance_std, name


def test_a_permuted_test_set_has_the_same_scores(run, monkeypatch):
    order = np.random.default_rng(5).permutation(40)
    permuted = PictureSet(TEST.photographs.subset(order), tuple(TEST.hashes[i] for i in order))
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
    for name, probabilities in predicted[0].reported.items():
        np.testing.assert_allclose(predicted[1].reported[name], probabilities[order], atol=1e-5)


def test_every_network_is_there_and_the_selection_is_written_first(run):
    result, _ = run()
    assert list(result.trained) == list(NETWORKS)
    assert result.selection.choice["network"] == result.chosen
    assert result.selection.choice["mirrored"] == result.best.mirrored
    assert result.selection.validation_score == result.best.validation_accuracy
    frozen = result.trained["frozen"]
    assert frozen.config.input_size == TINY.feature_size, "it is tested on what it learned from"
    assert frozen.trained == 5 * result.backbones[0].features + 5 < frozen.parameters
    assert result.trained["fine-tuned"].trained < frozen.parameters, "the first stage is frozen"
    assert result.trained["small-no-augmentation"].config.augment is False
    assert result.trained["frozen-no-balancing"].config.balance is False
    assert result.steps["fine-tuning"].value == pytest.approx(
        result.trained["fine-tuned"].accuracy - frozen.accuracy
    )
    assert len(result.shown) == 8 and result.check.fit + result.check.validation == 90


def test_what_is_fine_tuned_begins_with_the_trained_head(run, monkeypatch):
    begun = {}
    fit = training.fit

    def noted(network, *given, **options):
        begun[type(network).__name__] = {k: v.clone() for k, v in network.state_dict().items()}
        return fit(network, *given, **options)

    monkeypatch.setattr(training, "fit", noted)
    _, parts = run(again=True)
    head = safetensors.torch.load(parts["frozen"])["weights.head.weight"]
    assert np.array_equal(begun["Backbone"]["head.weight"], head)


def test_the_test_set_opens_once_and_only_after_the_selection(places):
    work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
    sealed = work.seal(lambda: "test set")
    selection = made_up()["usual"].selection
    with pytest.raises(RuntimeError, match="after the selection"):
        sealed.open(selection)
    chosen, _, written = select(_networks({"small": 0.8, "baseline": 0.6}), _targets(), work)
    assert chosen == "small" and sealed.open(written) == "test set"
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


def _networks(accuracies: dict[str, float]) -> dict:
    """Networks with these validation accuracies; what they have on the test set is the opposite."""
    usual = made_up()["usual"]
    networks = {}
    for name, accuracy in accuracies.items():
        validation = scored(_said(accuracy), _targets())
        reported = scored(_said(1 - accuracy), _targets())
        record = replace(usual.trained[name], validation=validation, reported=reported)
        networks[name] = Outcome(record, {"validation": _said(accuracy)})
    return networks


def test_the_best_on_validation_is_chosen_whatever_the_test_says(places):
    work = Work("windows", DataSource("stand-in", "x"), Device("cpu", "cpu"), "basis")
    networks = _networks({"baseline": 0.5, "fine-tuned": 0.9, "frozen": 0.85, "small": 0.6})
    assert select(networks, _targets(), work)[0] == "fine-tuned"


def _recorded(straight: np.ndarray, averaged: np.ndarray):
    learning = type("L", (), {"validation": type("V", (), {"targets": _targets()})})
    return recorded("baseline", "three_convolutions", TINY.baseline, ThreeConvolutions(5, 32),
                    Trained((), 1.0, 10), learning, (straight, averaged))  # fmt: skip


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
    outcome = _recorded(straight, averaged)
    assert outcome.result.mirrored is mirrored
    kept = averaged if mirrored else straight
    assert np.array_equal(outcome.tensors["validation"], kept)
    assert outcome.result.validation_accuracy == (kept.argmax(1) == _targets()).mean()


def test_a_temperature_below_one_is_for_the_under_confident():
    under, over = (experiment.best_temperature(_said(0.9, sure), _targets())
                   for sure in (0.5, 0.99))  # fmt: skip
    assert under < 1 < over
    probabilities = _said(0.9, 0.5)
    scaled = experiment.tempered(probabilities, under)
    np.testing.assert_allclose(scaled.sum(1), 1)
    assert (scaled.argmax(1) == probabilities.argmax(1)).all()
    assert scaled.max() == pytest.approx(0.9, abs=0.02)
    np.testing.assert_allclose(experiment.tempered(probabilities, 1.0), probabilities)


def test_the_backbone_with_the_best_cross_validation_comes_first(monkeypatch):
    usual = made_up()["usual"].backbones[0]
    scores = {"a": 0.7, "b": 0.9, "c": 0.8}
    monkeypatch.setattr(
        backbones, "probe",
        lambda name, *_: Outcome(replace(usual, cross_validation_accuracy=scores[name])),
    )  # fmt: skip
    compared = backbones.compare(tuple(scores), None, TINY, None)
    assert [name for name, _ in compared] == ["b", "c", "a"]


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
    result = present.load()
    assert EXPERIMENT.provenance().source.is_stand_in and result.labelled
    assert list(result.trained) == ["baseline", "small", "small-no-augmentation"]
    assert not result.pretrained and result.backbone == "none"
    report = json.loads(json.dumps(to_plain(result.report())))
    assert report["pretrained"] is False and report["test_accuracy"] is not None
    pictures = EXPERIMENT.tensors()
    assert len(pictures["looked_at"]) == len(pictures["mistakes"]) == len(result.shown)
    assert not EXPERIMENT.ensure(), "what is stored is not computed again"


def test_an_unlabelled_test_set_brings_predictions(small, tmp_path):
    write_zip(small / "windows_train_set.zip", train_files(16))
    write_zip(small / "windows_test_set.zip", unlabelled_files(12))
    EXPERIMENT.ensure()
    file = tmp_path / "output" / "predictions.csv"
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert rows[0] == ["filename", "predicted_label"]
    assert [row[0] for row in rows[1:]] == [f"{place}.jpg" for place in range(12)]
    assert {row[1] for row in rows[1:]} <= set(FOLDER_NAMES)
    file.write_bytes(b"saved by a spreadsheet: \xe9")
    result = present.load()
    assert file.read_bytes().startswith(b"filename"), "a file that was changed is written again"
    report = result.report()
    assert report["test_accuracy"] is None and report["test_interval"] is None
    assert 0 <= report["held_out_accuracy"] <= 1
    assert result.best.reported.n == result.check.held_out > 0


def test_a_labelled_test_set_takes_old_predictions_away(small, tmp_path):
    write_zip(small / "windows_train_set.zip", train_files(14))
    write_zip(small / "windows_test_set.zip", labelled_files(3))
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "predictions.csv").write_text("of other data")
    EXPERIMENT.ensure()
    result = present.load()
    assert result.labelled and result.best.reported.n == 15
    assert not (tmp_path / "output" / "predictions.csv").exists()


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
    assert trained == ["ThreeConvolutions"]
