"""The whole of problem 3 on a small scale: who sees which tweets, and when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import DistilBertModel

from hw4.foundation.compute import device, threads
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import compare_f1_macro, f1_macro
from hw4.foundation.store import digest
from hw4.tweets import baselines, encoder, experiment, features, training
from hw4.tweets.arguments import Grid, TrainConfig, neighbors
from hw4.tweets.data import Split, Tweets
from hw4.tweets.experiment import search
from hw4.tweets.result import EXPERIMENT, Result, Settings
from hw4.tweets.thresholds import best_threshold
from hw4.tweets.trained import Trained, Tried, best, scored


def tiny() -> Settings:
    return Settings(
        encoder="random",
        grid=Grid(learning_rate=(3e-3, 1e-2), weight_decay=(0.01,), epochs=(2,)),
        unfrozen=TrainConfig(
            pooling="layers", head="linear", unfreeze_layers=2, epochs=2, batch_size=32, draws=3.0
        ),
        folds=3,
        stand_in=150,
        jobs=1,
    )


def tiny_experiment():
    return replace(EXPERIMENT, settings=tiny, circumstances=lambda: "random", prepare=lambda: None)


def run(settings: Settings | None = None) -> Result:
    state = tiny_experiment().state()
    work = Work("tweets", state.source, device(), state.basis)
    with threads(1):
        return experiment.run(settings or tiny(), work).result


@contextmanager
def changed_split(change) -> Iterator[list[Split]]:
    """The experiment is given a split that `change` made of the real one."""
    with pytest.MonkeyPatch.context() as patch:
        real, given = experiment.read_split, []

        def read_split(settings, source):
            given.append(change(real(settings, source)))
            return given[-1]

        patch.setattr(experiment, "read_split", read_split)
        yield given


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small build's result, its folder, and the tweets of each of its trainings."""
    folder = tmp_path_factory.mktemp("build")
    (folder / "data").mkdir()
    trained: list[tuple[str, np.ndarray]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HW4_DATA", str(folder / "data"))
        patch.setenv("HW4_STORE", str(folder / "store"))
        patch.setenv("HW4_DEVICE", "cpu")
        patch.delenv("HW4_PROFILE", raising=False)
        fit = training.fit

        def recorded(config, part, outputs, targets, idx, *rest):
            trained.append(("upper" if config.unfreeze_layers else "head", idx))
            return fit(config, part, outputs, targets, idx, *rest)

        patch.setattr(training, "fit", recorded)
        patch.setattr("hw4.foundation.experiment.threads", lambda: threads(1))
        tiny_experiment().ensure()
        result = tiny_experiment().stored()
    return result, folder, trained


def before_the_test(result: Result) -> tuple:
    """All that may not depend on the test tweets; times are no part of it."""

    def validated(one):
        return (
            one.key,
            one.config,
            one.threshold,
            one.validation_f1_macro,
            one.cv_f1_macro,
        )

    return (
        [replace(one, seconds=0.0) for one in result.grid],
        [validated(one) for one in (*result.variants.values(), *result.baselines.values())],
        result.final_key,
        result.bonus_key,
        (result.selection.choice, result.selection.validation_score),
        result.variants["unfrozen"].epochs[0].train_loss,
        result.lengths,
        (result.split.training, result.split.validation),
    )


def test_poisoned_test_tweets_change_nothing_but_test_scores(built, places):
    def poison(split: Split) -> Split:
        random = np.random.default_rng(1)
        letters = random.choice(list("qxzwv"), (len(split.test), 9, 5))
        noise = tuple(" ".join(map("".join, words)) for words in letters)
        return replace(split, test=Tweets(noise, 1 - split.test.targets))

    with changed_split(poison):
        poisoned = run()
    assert before_the_test(poisoned) == before_the_test(built[0])  # same seed, same numbers
    tests = [[v.test.f1_macro for v in one.variants.values()] for one in (poisoned, built[0])]
    assert tests[0] != tests[1]


def test_permuted_test_tweets_have_the_same_scores(built, monkeypatch):
    monkeypatch.setenv("HW4_STORE", str(built[1] / "store"))

    def permute(split: Split) -> Split:
        order = np.random.default_rng(2).permutation(len(split.test))
        return replace(split, test=split.test.take(order))

    with changed_split(permute):
        permuted = run()
    for key, one in built[0].variants.items():
        assert permuted.variants[key].test.confusion == one.test.confusion


def test_poisoned_validation_tweets_change_the_choice_and_no_training_before_it(built, places):
    def poison(split: Split) -> Split:
        turned = 1 - split.validation.targets
        return replace(split, validation=Tweets(split.validation.texts, turned))

    with changed_split(poison):
        poisoned = run()
    by_config = {one.config: one for one in built[0].grid}
    shared = [(one, by_config[one.config]) for one in poisoned.grid if one.config in by_config]
    assert len(shared) >= 4
    assert all(a.train_f1_macro == b.train_f1_macro for a, b in shared)
    assert any(a.validation_f1_macro != b.validation_f1_macro for a, b in shared)
    losses = [
        [epoch.train_loss for epoch in one.variants["unfrozen"].epochs]
        for one in (poisoned, built[0])
    ]
    assert losses[0] == losses[1]
    assert poisoned.selection.choice["thresholds"] != built[0].selection.choice["thresholds"]


def test_final_trainings_see_exactly_training_and_validation_tweets(built):
    result, _, trained = built
    everything = np.arange((result.split.training + result.split.validation).tweets)
    training = np.arange(result.split.training.tweets)
    finals = [kind for kind, idx in trained if len(idx) == len(everything)]
    assert finals.count("upper") == 1 and finals.count("head") >= 2
    for kind, idx in trained:
        assert len(set(idx)) == len(idx) and set(idx) <= set(everything)
        if kind == "upper" and len(idx) < len(everything):
            assert np.array_equal(idx, training)
    assert sum(np.array_equal(idx, training) for _, idx in trained) >= len(result.grid) + 1


def test_folds_are_the_validation_tweets_and_parts_of_the_training_tweets():
    targets = (np.arange(103) % 6 > 0).astype(int)
    train, validation = np.arange(80), np.arange(80, 103)
    folds = features.make_folds(targets, train, validation, 5, seed=1)
    assert np.array_equal(folds[0], validation)
    assert sorted(np.concatenate(folds[1:])) == train.tolist()
    shares = [(targets[fold] == 0).mean() for fold in folds[1:]]
    assert max(shares) - min(shares) < 0.08
    for count in (1, 2):
        assert np.array_equal(
            features.make_folds(targets, train, validation, count, 1)[0], validation
        )


def test_selection_is_by_validation(built):
    result = built[0]
    assert result.final.validation_f1_macro == result.best.validation_f1_macro
    assert result.bonus.validation_f1_macro == max(
        one.validation_f1_macro for one in result.variants.values()
    )
    assert result.selection.choice["thresholds"]["weighted"] == 0.5
    assert result.variants["unfrozen"].parameters > result.final.parameters


def test_the_layer_below_those_that_are_trained_is_kept(dev):
    ids = torch.tensor([dev.dataset["input_ids"][0]])
    encoder = DistilBertModel.from_pretrained(dev.folder).eval()
    with torch.no_grad():
        states = encoder(ids, output_hidden_states=True).hidden_states  # embeddings, four layers
    kept = torch.from_numpy(dev.features_by_token.hidden[0]).float()
    differences = [(state[0] - kept).abs().max().item() for state in states]
    assert np.argmin(differences) == len(states) - 1 - tiny().unfrozen.unfreeze_layers
    assert min(differences) < 1e-2


def test_trainings_are_stored_by_folds_and_encoder(dev):
    parts = dev.tweets.take(dev.train), dev.tweets.take(dev.validation)
    config = TrainConfig()
    for settings, source in (
        (replace(dev.settings, folds=4), dev.source),
        (dev.settings, replace(dev.source, checksum="other")),
    ):
        other = features.Development(settings, dev.work, source, dev.folder, *parts)
        assert other.place(config, 1) != dev.place(config, 1)


def test_heads_are_chosen_by_their_validation_score_alone(dev):
    scores = {"naive": (0.6, 0.9), "weighted": (0.7, 0.5), "threshold": (0.8, 0.4)}
    rows = {
        key: Outcome(
            Trained(key, "", config=TrainConfig(), validation_f1_macro=score, cv_f1_macro=cv)
        )
        for key, (score, cv) in scores.items()
    }
    selection = experiment.select(dev, rows | {"tfidf": Outcome(Trained("tfidf", ""))})
    assert selection.choice["final"] == "weighted"
    assert (selection.choice["bonus"], selection.validation_score) == ("threshold", 0.8)


def test_the_strength_of_a_baseline_is_the_best_in_cross_validation(dev):
    row = Trained("tfidf-strong", "")
    found = experiment.without_network(dev, row).result
    held_out = baselines.held_out_probabilities(
        row.key, dev.tweets.texts, dev.targets, dev.folds, jobs=1
    )
    tried = [experiment.with_threshold(dev, row, one).cv_f1_macro for one in held_out]
    assert found.cv_f1_macro == max(tried) > min(tried)
    assert found.strength == baselines.STRENGTHS[row.key][tried.index(max(tried))]
    weak, strong = (
        experiment.judge(dev, Outcome(replace(found, strength=it)), dev.tweets, dev.features)
        for it in (0.03, 30.0)
    )
    assert strong.std() > 2 * weak.std(), "it judges with the strength that was chosen"


def test_the_grid_is_judged_on_validation_tweets_and_not_on_those_it_is_trained_on():
    """The best on the training tweets loses where another is better on the validation tweets."""
    configs = [TrainConfig(epochs=epochs) for epochs in (4, 8)]
    tried = [
        Tried(configs[0], 0.7, 0.8, 0.7, 9, 1.0),
        Tried(configs[1], 0.6, 0.8, 0.9, 9, 1.0),
    ]
    assert best(tried, "balanced").config == configs[0]
    assert best([*tried, tried[0]], "balanced") is tried[0]


def test_search_scores_are_of_the_validation_tweets(dev):
    tried = search(dev, tiny().grid)
    runs = training.train(dev, [(one.config, 0) for one in tried])
    predictions = [run.tensors["probabilities"] > 0.5 for run in runs]
    on, leader = dev.validation, predictions[tried.index(best(tried))]
    for one, found in zip(tried, predictions, strict=True):
        assert one.validation_f1_macro == f1_macro(dev.targets[on], found[on])
        assert one.validation_accuracy == (found[on] == dev.targets[on]).mean()
        assert one.train_f1_macro == f1_macro(dev.targets[dev.train], found[dev.train])
        assert one.p == compare_f1_macro(dev.targets[on], found[on], leader[on]).p
    leader = best(tried, "balanced")
    configs = {one.config for one in tried}
    assert set(neighbors(leader.config)) <= configs


@pytest.fixture
def dev(built, monkeypatch):
    """The development tweets of the small build, all of whose trainings are stored."""
    monkeypatch.setenv("HW4_STORE", str(built[1] / "store"))
    state = tiny_experiment().state()
    work = Work("tweets", state.source, device(), state.basis)
    with experiment.development(tiny(), work) as (dev, _):
        yield dev


def test_threshold_is_tuned_on_held_out_predictions_alone(dev):
    upper = experiment.cross_validated(dev, Trained("u", "", config=tiny().unfrozen))
    held_out = upper.tensors["held_out"]
    assert np.array_equal(np.flatnonzero(~np.isnan(held_out)), dev.validation)
    on = dev.validation
    assert upper.result.threshold == best_threshold(dev.targets[on], held_out[on])

    config = best(search(dev, tiny().grid), "balanced").config
    head = experiment.cross_validated(dev, Trained("h", "", config=config))
    held_out = head.tensors["held_out"]
    assert head.result.threshold == best_threshold(dev.targets, held_out)
    for number, fold in enumerate(dev.folds):
        (run,) = training.train(dev, [(config, number)])
        assert np.allclose(held_out[fold], run.tensors["probabilities"][fold])
    final = head.tensors["probabilities"]
    assert not np.allclose(final, held_out)  # that model has seen them all


def test_test_scores_are_at_the_threshold_that_was_selected(built, dev):
    split = experiment.read_split(tiny(), dev.work.source)
    rows = experiment.train_rows(dev, search(dev, tiny().grid))
    selection = experiment.select(dev, rows)
    sealed = dev.work.seal(lambda: split.test)
    test, found = experiment.evaluate(dev, rows, selection, sealed)
    written = selection.choice["thresholds"]
    for key, one in {**built[0].variants, **built[0].baselines}.items():
        assert one.threshold == written[key]
        assert one.test.f1_macro == f1_macro(test.targets, found[key] > written[key]), key
    with pytest.raises(RuntimeError, match="opened before"):
        experiment.evaluate(dev, rows, selection, sealed)


def test_a_probability_at_the_threshold_is_class_0(built, dev):
    rows, targets = built[0].variants | built[0].baselines, np.arange(8) % 2
    at_it = {key: np.full(len(targets), one.threshold) for key, one in rows.items()}
    for one in scored(rows, at_it, targets, seed=0).values():
        assert [row[1] for row in one.test.confusion] == [0, 0], one.key
    row = Trained("", "", tuned=False)
    one = experiment.with_threshold(dev, row, np.full(len(dev.targets), 0.5))
    zeros = np.zeros(len(dev.targets))
    assert one.validation_f1_macro == f1_macro(dev.targets[dev.validation], zeros[dev.validation])
    assert one.cv_f1_macro == f1_macro(dev.targets, zeros)
    run = Outcome(training.Run(0.0, 0), {"probabilities": np.full(len(dev.targets), 0.5)})
    assert experiment.validated(dev, TrainConfig(), run).predicts_0 == len(dev.validation)


def test_test_tweets_open_once_and_after_the_selection(dev):
    sealed = dev.work.seal(lambda: "test tweets")
    unwritten = experiment.Selection({"bonus": "x"}, 0.5, "F1-macro")
    with pytest.raises(RuntimeError, match="after the selection"):
        experiment.evaluate(dev, {}, unwritten, sealed)


def test_shuffled_targets_give_scores_of_chance(places):
    def shuffle(split: Split) -> Split:
        random = np.random.default_rng(3)
        parts = {
            name: Tweets(part.texts, random.permutation(part.targets))
            for name, part in (("train", split.train), ("validation", split.validation))
        }
        return replace(split, **parts)

    with changed_split(shuffle):
        result = run(replace(tiny(), stand_in=400))
    for one in (*result.variants.values(), *result.baselines.values()):
        assert one.test.f1_macro < 0.5 + 3 * max(one.test.f1_macro_std, 0.04), one.key


def test_finished_trainings_are_not_repeated(built, monkeypatch):
    result, folder, _ = built
    monkeypatch.setenv("HW4_STORE", str(folder / "store"))

    def refuse(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(training, "fit", refuse)
    monkeypatch.setattr(baselines, "held_out_probabilities", refuse)
    monkeypatch.setattr(features.Development, "features_by_token", property(refuse))
    assert digest(run()) == digest(result)


def test_without_an_encoder_the_build_stops_with_a_sentence(monkeypatch):
    monkeypatch.setattr(encoder, "_wheel", lambda: None)
    with pytest.raises(UserError, match="needs a pre-trained encoder"):
        EXPERIMENT.ensure()


def test_command_line_trains_one_setting(capsys, monkeypatch):
    from hw4.tweets.__main__ import main

    monkeypatch.setattr("hw4.tweets.__main__.settings_now", tiny)
    line = ["--encoder", "random", "--epochs", "1", "--unfreeze_layers", "1", "--pooling", "mean"]
    assert main(line) == 0
    assert main(["--encoder", "random", "--epochs", "1"]) == 0
    assert capsys.readouterr().out.count("validation F1-macro") == 2
    assert main(["--encoder", "/nowhere"]) == 1
    assert "/nowhere" in capsys.readouterr().err
