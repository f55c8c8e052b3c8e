"""`python -m hw4.tweets --learning_rate 0.003 --epochs 8`: one training, judged on validation."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from hw4.foundation.errors import UserError
from hw4.tweets.arguments import TrainConfig, parse
from hw4.tweets.result import EXPERIMENT, settings_now


def main(line: Sequence[str] | None = None) -> int:
    """Train as the arguments in `line` say and print scores; the exit status."""
    try:
        f1_macro, accuracy = train_once(parse(line))
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"validation F1-macro {f1_macro:.3f}, accuracy {accuracy:.3f}")
    return 0


def train_once(config: TrainConfig) -> tuple[float, float]:
    """F1-macro and accuracy on the validation tweets, after training on the training tweets.

    Raises:
        UserError: the tweets are not as expected, or there is no encoder.
    """
    from hw4.foundation.compute import device, threads
    from hw4.foundation.experiment import Work
    from hw4.foundation.scores import f1_macro
    from hw4.tweets.encoder import fetch_from_hub, required_encoder
    from hw4.tweets.experiment import read_split
    from hw4.tweets.features import develop
    from hw4.tweets.training import train
    from hw4.tweets.weights import distilbert_folder

    fetch_from_hub(config.encoder)
    settings = replace(
        settings_now(),
        encoder=config.encoder,
        seed=config.seed,
        max_length=config.max_length,
        unfrozen=config,
        jobs=1,
    )
    encoder = required_encoder(config.encoder)
    work = Work(EXPERIMENT.name, EXPERIMENT.source(), device(), EXPERIMENT.state().basis)
    split = read_split(settings, work.source)
    with threads(), distilbert_folder(encoder, split.train.texts, config.seed) as folder:
        dev = develop(settings, work, encoder, folder, split.train, split.validation)
        (run,) = train(dev, [(config, 0)])
    targets = dev.targets[dev.validation]
    predictions = run.tensors["probabilities"][dev.validation] > 0.5
    return f1_macro(targets, predictions), float((predictions == targets).mean())


if __name__ == "__main__":
    sys.exit(main())
