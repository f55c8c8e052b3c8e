"""What the networks are compared with: always the larger class, and TF-IDF."""

from collections.abc import Callable, Sequence

import numpy as np

from hw4.tweets.data import Tweets, clean_tweet

Predict = Callable[[Sequence[str]], np.ndarray]
"""Probability of class 1 for texts: (texts,)."""


def majority(tweets: Tweets) -> Predict:
    """Say the larger class of the training tweets, whatever the tweet."""
    share = float(tweets.targets.mean())
    return lambda texts: np.full(len(texts), share, dtype=np.float32)


def tfidf(tweets: Tweets) -> Predict:
    """TF-IDF of words, and logistic regression with balanced classes."""
    return _fitted(tweets, [_vectorizer(min_df=2)], strength=1.0)


def tfidf_strong(tweets: Tweets) -> Predict:
    """The same with pairs of words, and with all runs of two to five letters within a word."""
    return _fitted(
        tweets,
        [
            _vectorizer(min_df=2, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b"),
            _vectorizer(min_df=3, ngram_range=(2, 5), analyzer="char_wb"),
        ],
        strength=1.0,
    )


BASELINES: dict[str, Callable[[Tweets], Predict]] = {
    "majority": majority,
    "tfidf": tfidf,
    "tfidf-strong": tfidf_strong,
}


def _vectorizer(**options):
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, **options)


def _fitted(tweets: Tweets, vectorizers: list, strength: float) -> Predict:
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression

    cleaned = [clean_tweet(text) for text in tweets.texts]
    kept, columns = [], []
    for vectorizer in vectorizers:
        try:
            columns.append(vectorizer.fit_transform(cleaned))
        except ValueError:  # no word is in two tweets: letters are
            vectorizer = _vectorizer(analyzer="char")
            columns.append(vectorizer.fit_transform(cleaned))
        kept.append(vectorizer)
    regression = LogisticRegression(
        C=strength, class_weight="balanced", solver="liblinear", max_iter=1000
    )
    regression.fit(hstack(columns).tocsr(), tweets.targets)

    def predict(texts: Sequence[str]) -> np.ndarray:
        cleaned = [clean_tweet(text) for text in texts]
        columns = [vectorizer.transform(cleaned) for vectorizer in kept]
        return regression.predict_proba(hstack(columns).tocsr())[:, 1].astype(np.float32)

    return predict


def held_out_probabilities(
    name: str, tweets: Tweets, folds: Sequence[np.ndarray], jobs: int
) -> np.ndarray:
    """Probability of class 1 for each tweet, fitted to the tweets of the other folds: (tweets,)."""
    from joblib import Parallel, delayed

    found = np.full(len(tweets), np.nan)
    others = [np.setdiff1d(np.arange(len(tweets)), fold) for fold in folds]
    judged = Parallel(n_jobs=jobs)(
        delayed(_fit_and_judge)(name, tweets.take(rest), tweets.take(fold).texts)
        for rest, fold in zip(others, folds, strict=True)
    )
    for fold, probabilities in zip(folds, judged, strict=True):
        found[fold] = probabilities
    return found


def _fit_and_judge(name: str, tweets: Tweets, texts: Sequence[str]) -> np.ndarray:
    return BASELINES[name](tweets)(texts)
