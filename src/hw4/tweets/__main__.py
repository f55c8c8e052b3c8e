"""`python -m hw4.tweets --learning_rate 0.003 --epochs 8`: one training, judged on validation."""

import sys
from argparse import Namespace
from collections.abc import Sequence

from hw4.foundation.errors import UserError
from hw4.foundation.places import quick
from hw4.foundation.progress import bar
from hw4.tweets.arguments import build_parser
from hw4.tweets.result import Settings


def main(line: Sequence[str] | None = None) -> int:
    """Train as the arguments in `line` say and print scores; the exit status."""
    args = build_parser().parse_args(line)
    try:
        validation_f1_macro, validation_accuracy = train_once(args)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(f"validation F1-macro {validation_f1_macro:.3f}, accuracy {validation_accuracy:.3f}")
    return 0


def train_once(args: Namespace) -> tuple[float, float]:
    """F1-macro and accuracy on the validation tweets, after training on the training tweets.

    Raises:
        UserError: the tweets are not as expected, or there is no encoder.
    """
    import numpy as np
    from transformers import DistilBertTokenizerFast

    from hw4.foundation.device import device
    from hw4.tweets.data import source
    from hw4.tweets.encoder import fetch_from_hub, required_encoder
    from hw4.tweets.features import compute_features
    from hw4.tweets.finetune import (
        Stored,
        load_pretrained,
        load_pretrained_and_finetune,
        upper_probabilities,
    )
    from hw4.tweets.heads import probabilities
    from hw4.tweets.model import Head
    from hw4.tweets.ready import read_split
    from hw4.tweets.scores import f1_macro
    from hw4.tweets.tokens import Tokens, to_dataset
    from hw4.tweets.weights import distilbert_folder

    kind = device().kind
    fetch_from_hub(args.encoder)
    split = read_split(Settings.quick() if quick() else Settings(), source())
    with distilbert_folder(required_encoder(args.encoder), split.train.texts, args.seed) as folder:
        tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
        both = [
            to_dataset(part, tokenizer, args.max_length) for part in (split.train, split.validation)
        ]
        tokens = Tokens.of(*both)
        encoder = load_pretrained(folder, build_parser().parse_args([])).distilbert.to(kind)
        args.unfreeze_layers = min(args.unfreeze_layers, encoder.config.n_layers)
        keep = encoder.config.n_layers - args.unfreeze_layers if args.unfreeze_layers else None
        with bar(len(tokens), "frozen encoder") as shown:
            features, layer = compute_features(encoder, tokens, kind, keep, shown.update)
        labels = np.concatenate([split.train.labels, split.validation.labels])
        train = np.arange(len(split.train))
        validation = np.arange(len(split.train), len(labels))
        stored = Stored(labels, features, layer)
        with bar(args.epochs * len(train), "training") as shown:
            model = load_pretrained_and_finetune(
                args,
                folder,
                stored,
                train,
                kind,
                on_step=lambda count, loss: shown.update(count),
            )
        if layer is None:
            found = probabilities(Head(model), features.pooled(args.pooling)[validation])
        else:
            found = upper_probabilities(args, model, layer, validation)
    predicted = found > 0.5
    truth = split.validation.labels
    return f1_macro(truth, predicted), float((predicted == truth).mean())


if __name__ == "__main__":
    sys.exit(main())
