"""What needs no network: the larger class, TF-IDF, and a logistic regression on stored outputs."""

from collections.abc import Callable, Sequence

import numpy as np

from hw4.tweets.data import clean_tweet

Inputs = Sequence[str] | np.ndarray
"""Texts, or features (tweets, features)."""
Predict = Callable[[Inputs], np.ndarray]
"""Probability of class 1: (tweets,)."""


def majority(texts: Inputs, targets: np.ndarray, strengths: Sequence[float]) -> list[Predict]:
    """Say the larger class of the training tweets, whatever the tweet."""
    share = float(targets.mean())
    return [lambda texts: np.full(len(texts), share, dtype=np.float32)]


def tfidf(texts: Inputs, targets: np.ndarray, strengths: Sequence[float]) -> list[Predict]:
    """TF-IDF of words, and logistic regression with balanced classes."""
    return _counted([_vectorizer(min_df=2)], texts, targets, strengths)


def tfidf_strong(texts: Inputs, targets: np.ndarray, strengths: Sequence[float]) -> list[Predict]:
    """The same with pairs of words, and with all runs of two to five letters within a word."""
    words = _vectorizer(min_df=2, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
    letters = _vectorizer(min_df=3, ngram_range=(2, 5), analyzer="char_wb")
    return _counted([words, letters], texts, targets, strengths)


def linear(features: Inputs, targets: np.ndarray, strengths: Sequence[float]) -> list[Predict]:
    """Logistic regression on standardized features, balanced; strengths are for one feature."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def fitted(strength: float) -> Predict:
        regression = LogisticRegression(
            C=strength / features.shape[1], class_weight="balanced", max_iter=500
        )
        pipeline = make_pipeline(StandardScaler(), regression).fit(features, targets)
        return lambda features: pipeline.predict_proba(features)[:, 1].astype(np.float32)

    return [fitted(strength) for strength in strengths]


Fit = Callable[[Inputs, np.ndarray, Sequence[float]], list[Predict]]
"""Fits once for each strength (inverse to L2 regularization): a way to predict for each."""
FITS: dict[str, tuple[Fit, tuple[float, ...]]] = {
    "majority": (majority, (1.0,)),
    "tfidf": (tfidf, (1.0,)),
    "tfidf-strong": (tfidf_strong, (0.1, 0.3, 1.0, 3.0, 10.0)),
    "linear": (linear, (0.1, 0.3, 1.0, 3.0, 10.0)),
}
"""What is fitted by name, and the strengths among which cross-validation chooses."""


def held_out_probabilities(
    name: str, inputs: Inputs, targets: np.ndarray, folds: Sequence[np.ndarray], jobs: int
) -> np.ndarray:
    """Probability of class 1 for each tweet, fitted to the other folds: (strengths, tweets)."""
    from joblib import Parallel, delayed

    _, strengths = FITS[name]
    found = np.full((len(strengths), len(targets)), np.nan)
    judged = Parallel(n_jobs=jobs)(
        delayed(_fit_and_judge)(
            name,
            take(inputs, rest := np.setdiff1d(np.arange(len(targets)), fold)),
            targets[rest],
            take(inputs, fold),
        )
        for fold in folds
    )
    for fold, probabilities in zip(folds, judged, strict=True):
        found[:, fold] = probabilities
    return found


def take(inputs: Inputs, idx: np.ndarray) -> Inputs:
    return inputs[idx] if isinstance(inputs, np.ndarray) else [inputs[i] for i in idx]


def _fit_and_judge(name: str, inputs: Inputs, targets: np.ndarray, judged: Inputs) -> np.ndarray:
    fit, strengths = FITS[name]
    return np.stack([predict(judged) for predict in fit(inputs, targets, strengths)])


def _vectorizer(**options):
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, **options)


def _counted(
    vectorizers: list, texts: Inputs, targets: np.ndarray, strengths: Sequence[float]
) -> list[Predict]:
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    cleaned = [clean_tweet(text) for text in texts]
    kept, columns = [], []
    for vectorizer in vectorizers:
        try:
            columns.append(vectorizer.fit_transform(cleaned))
        except ValueError:  # no word is in two tweets; letters are
            vectorizer = _vectorizer(analyzer="char")
            columns.append(vectorizer.fit_transform(cleaned))
        kept.append(vectorizer)
    counts = hstack(columns).tocsr()  # (tweets, terms)

    def fitted(strength: float) -> Predict:
        regression = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear")
        regression.fit(counts, targets)

        def predict(texts: Inputs) -> np.ndarray:
            cleaned = [clean_tweet(text) for text in texts]
            counts = hstack([vectorizer.transform(cleaned) for vectorizer in kept]).tocsr()
            return regression.predict_proba(counts)[:, 1].astype(np.float32)

        return predict

    return [fitted(strength) for strength in strengths]
