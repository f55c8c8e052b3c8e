"""What the networks are measured against: always the larger class, and counting words."""

from dataclasses import dataclass

import numpy as np

from hw4.tweets.data import Split, Tweets
from hw4.tweets.scores import f1_macro
from hw4.tweets.tokens import clean_tweet


@dataclass(frozen=True)
class Predicted:
    """Predictions of a yardstick.

    Attributes:
        validation_f1_macro: of the one fitted to the training tweets.
        test: (test tweets,) of the one fitted to training and validation tweets.
        probabilities: (test tweets,) of class 1.
    """

    validation_f1_macro: float
    test: np.ndarray
    probabilities: np.ndarray


def majority(split: Split) -> Predicted:
    """Say the larger class of the training tweets, whatever the tweet."""
    larger = int(split.train.labels.mean() >= 0.5)
    validation = np.full(len(split.validation), larger)
    return Predicted(
        f1_macro(split.validation.labels, validation),
        np.full(len(split.test), larger),
        np.full(len(split.test), split.train.labels.mean(), dtype=np.float32),
    )


def words_counted(split: Split) -> Predicted:
    """TF-IDF of words and logistic regression with balanced classes."""
    on_train = _fitted(split.train)
    validation = on_train.predict(_cleaned(split.validation))
    on_both = _fitted(split.train + split.validation)
    probabilities = on_both.predict_proba(_cleaned(split.test))[:, 1]
    return Predicted(
        f1_macro(split.validation.labels, validation),
        (probabilities > 0.5).astype(int),
        probabilities.astype(np.float32),
    )


def _fitted(tweets: Tweets):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, min_df=2),
        LogisticRegression(class_weight="balanced", max_iter=1000),
    )
    return pipeline.fit(_cleaned(tweets), tweets.labels)


def _cleaned(tweets: Tweets) -> list[str]:
    return [clean_tweet(text) for text in tweets.texts]
