"""The parser and the dataclass say the same."""

from dataclasses import asdict, fields, replace

import pytest

from hw4.tweets.arguments import TrainConfig, build_parser, neighbors, parse


def test_parser_fills_the_dataclass_and_gives_a_reason_for_each_argument():
    assert parse([]) == TrainConfig()
    assert vars(build_parser().parse_args([])) == asdict(TrainConfig())
    actions = {action.dest: action.help for action in build_parser()._actions}
    assert set(actions) - {"help"} == {field.name for field in fields(TrainConfig)}
    assert all(actions.values())


def test_arguments_are_read_and_nonsense_is_refused(capsys):
    config = parse(["--epochs", "3", "--class_weighting", "none", "--weight_decay", "2"])
    assert config == TrainConfig(epochs=3, class_weighting="none", weight_decay=2.0)
    for wrong in (
        ["--epochs", "0"],
        ["--learning_rate", "-1"],
        ["--learning_rate", "0"],
        ["--learning_rate", "nan"],
        ["--weight_decay", "-0.1"],
        ["--dropout", "1"],
        ["--max_length", "x"],
        ["--max_length", "7"],
        ["--unfreeze_layers", "-1"],
        ["--pooling", "max"],
    ):
        with pytest.raises(SystemExit):
            parse(wrong)
    assert (
        "error: argument --epochs: 0 is not a whole number of 1 or more" in capsys.readouterr().err
    )


def test_neighbors_differ_in_one_step_on_one_axis():
    config = TrainConfig(learning_rate=1e-2, weight_decay=0.0, epochs=10)
    assert set(neighbors(config)) == {
        replace(config, learning_rate=3e-3),
        replace(config, learning_rate=3e-2),
        replace(config, weight_decay=0.01),
        replace(config, epochs=8),
        replace(config, epochs=16),
    }
