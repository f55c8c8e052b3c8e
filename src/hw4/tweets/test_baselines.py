"""Baselines: against scikit-learn, and on tweets that share no word."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from hw4.tweets.baselines import BASELINES, held_out_probabilities, majority, tfidf
from hw4.tweets.data import Tweets, clean_tweet
from hw4.tweets.standin import compose

TWEETS = compose(240, seed=5)


def test_tfidf_is_scikit_learns():
    cleaned = [clean_tweet(text) for text in TWEETS.texts]
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    model = LogisticRegression(class_weight="balanced", solver="liblinear", max_iter=1000)
    model.fit(vectorizer.fit_transform(cleaned), TWEETS.targets)
    expected = model.predict_proba(vectorizer.transform(cleaned))[:, 1]
    assert tfidf(TWEETS)(TWEETS.texts) == pytest.approx(expected, abs=1e-6)


def test_majority_says_the_larger_class_of_its_tweets():
    assert (majority(TWEETS)(["a", "b"]) > 0.5).all()
    other = Tweets(TWEETS.texts, 1 - TWEETS.targets)
    assert not (majority(other)(["a", "b"]) > 0.5).any()


@pytest.mark.parametrize("name", BASELINES)
def test_tweets_that_share_no_word_are_no_end(name):
    texts = (*(chr(97 + i) * (i + 2) for i in range(20)), "😷", "🙏", "!!")
    strange = Tweets(texts, np.arange(len(texts)) % 2)
    found = BASELINES[name](strange)(["never heard", "😷", "?"])
    assert found.shape == (3,) and np.isfinite(found).all()


@pytest.mark.parametrize("name", ["tfidf", "tfidf-strong"])
def test_held_out_probabilities_come_from_the_other_folds(name):
    folds = tuple(np.array_split(np.random.default_rng(0).permutation(240), 3))
    found = held_out_probabilities(name, TWEETS, folds, jobs=1)
    rest = np.setdiff1d(np.arange(240), folds[1])
    fitted = BASELINES[name](TWEETS.take(rest))
    assert found[folds[1]] == pytest.approx(fitted(TWEETS.take(folds[1]).texts))
    targets = TWEETS.targets.copy()
    targets[folds[1]] = 1 - targets[folds[1]]
    poisoned = held_out_probabilities(name, Tweets(TWEETS.texts, targets), folds, jobs=1)
    assert np.array_equal(poisoned[folds[1]], found[folds[1]])
    assert not np.array_equal(poisoned[folds[0]], found[folds[0]])
