"""What needs no network: the larger class, TF-IDF, and logistic regression on stored outputs."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
from joblib import Parallel, delayed
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from hw4.tweets.data import clean_tweet

Inputs = Sequence[str] | np.ndarray
"""Texts, or features (tweets, features)."""
STRENGTHS = {
    "majority": (1.0,),
    "tfidf": (1.0,),
    "tfidf-strong": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
    "mean": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "layers": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
}
"""Inverse to the L2 regularization; cross-validation chooses. Of features, for their sum."""


def lower_cased(text: str) -> str:
    return clean_tweet(text).lower()


class Terms(TfidfVectorizer):
    """TF-IDF of cleaned tweets; of single letters where no term is in enough of them."""

    def fit_transform(self, texts, targets=None):
        try:
            return super().fit_transform(texts)
        except ValueError:
            self.set_params(analyzer="char", ngram_range=(1, 1), token_pattern=None, min_df=1)
            return super().fit_transform(texts)


def terms(**options) -> Terms:
    return Terms(preprocessor=lower_cased, sublinear_tf=True, **options)


def fit(
    name: str, inputs: Inputs, targets: np.ndarray, strengths: Sequence[float]
) -> list[Pipeline]:
    """A classifier for each strength of its regularization, with balanced classes.

    - `majority`: the larger class, whatever the tweet.
    - `tfidf`: words.
    - `tfidf-strong`: words and pairs of words, with all runs of two to five letters in a word.
    - `mean`, `layers`: standardized features.
    """
    if name == "majority":
        return [make_pipeline(DummyClassifier().fit(inputs, targets))]
    words = terms(min_df=2)
    pairs = terms(min_df=2, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
    letters = terms(min_df=3, ngram_range=(2, 5), analyzer="char_wb")
    transform = {
        "tfidf": make_union(words),
        "tfidf-strong": make_union(pairs, letters),
    }.get(name, StandardScaler())
    columns = transform.fit_transform(inputs)  # (tweets, terms or features), for all strengths
    dense = isinstance(columns, np.ndarray)
    regression = LogisticRegression(
        class_weight="balanced",
        solver="lbfgs" if dense else "liblinear",
        max_iter=500,
        warm_start=dense,  # a weaker regularization goes on where a stronger one ended
    )
    found = []
    for strength in strengths:
        regression.set_params(C=strength / columns.shape[1] if dense else strength)
        found.append(make_pipeline(transform, deepcopy(regression.fit(columns, targets))))
    return found


def judge(classifier: Pipeline, inputs: Inputs) -> np.ndarray:
    """Probability of class 1: (tweets,)."""
    return classifier.predict_proba(inputs)[:, 1].astype(np.float32)


def held_out_probabilities(
    name: str, inputs: Inputs, targets: np.ndarray, folds: Sequence[np.ndarray], jobs: int
) -> np.ndarray:
    """Probability of class 1 for each tweet, fitted to the other folds: (strengths, tweets)."""
    found = np.full((len(STRENGTHS[name]), len(targets)), np.nan)
    judged = Parallel(n_jobs=jobs)(delayed(_judge_fold)(name, inputs, targets, f) for f in folds)
    for fold, probabilities in zip(folds, judged, strict=True):
        found[:, fold] = probabilities
    return found


def take(inputs: Inputs, idx: np.ndarray) -> Inputs:
    return inputs[idx] if isinstance(inputs, np.ndarray) else [inputs[i] for i in idx]


def _judge_fold(name: str, inputs: Inputs, targets: np.ndarray, fold: np.ndarray) -> np.ndarray:
    rest = np.setdiff1d(np.arange(len(targets)), fold)
    fitted = fit(name, take(inputs, rest), targets[rest], STRENGTHS[name])
    return np.stack([judge(one, take(inputs, fold)) for one in fitted])
