"""`python -m hw4.tweets --learning_rate 0.003 --epochs 8`: one training, judged on validation."""

import sys
from dataclasses import replace

from hw4.foundation.errors import UserError
from hw4.tweets.arguments import TrainConfig, parse
from hw4.tweets.encoder import fetch_from_hub
from hw4.tweets.result import EXPERIMENT, settings_now
from hw4.tweets.trained import Tried


def main(line: list[str] | None = None) -> int:
    """Train as the arguments in `line` say and print scores; the exit status."""
    try:
        tried = train_once(parse(line))
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    f1_macro, accuracy = tried.validation_f1_macro, tried.validation_accuracy
    print(f"validation F1-macro {f1_macro:.3f}, accuracy {accuracy:.3f}")
    return 0


def train_once(config: TrainConfig) -> Tried:
    """Train on the training tweets; what was trained before is read."""
    from hw4.foundation.compute import device, threads  # slow, and --help needs none of it
    from hw4.tweets.experiment import Work, development, train, validated

    fetch_from_hub(config.encoder)
    shared = {"encoder": config.encoder, "seed": config.seed, "max_length": config.max_length}
    settings = replace(settings_now(), unfrozen=config, jobs=1, **shared)
    work = Work(EXPERIMENT.name, EXPERIMENT.source(), device(), EXPERIMENT.state().basis)
    with threads(), development(settings, work) as (dev, _):
        (run,) = train(dev, [(config, 0)])
        return validated(dev, config, run)


if __name__ == "__main__":
    sys.exit(main())
