"""What needs no network: against scikit-learn, and on tweets that share no word."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from hw4.tweets.baselines import STRENGTHS, fit, held_out_probabilities, judge, take
from hw4.tweets.data import clean_tweet
from hw4.tweets.standin import compose

TWEETS = compose(240, seed=5)
TEXTS, TARGETS = TWEETS.texts, TWEETS.targets
FEATURES = np.random.default_rng(0).normal(size=(240, 6)).astype(np.float32) + TARGETS[:, None]
INPUTS = {"layers": FEATURES}


def test_tfidf_is_scikit_learns():
    cleaned = [clean_tweet(text) for text in TEXTS]
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    model = LogisticRegression(class_weight="balanced", solver="liblinear")
    model.fit(vectorizer.fit_transform(cleaned), TARGETS)
    expected = model.predict_proba(vectorizer.transform(cleaned))[:, 1]
    (fitted,) = fit("tfidf", TEXTS, TARGETS, [1.0])
    assert judge(fitted, TEXTS) == pytest.approx(expected, abs=1e-6)


def test_majority_says_the_larger_class_of_its_tweets():
    for targets, says_1 in ((TARGETS, True), (1 - TARGETS, False)):
        (fitted,) = fit("majority", TEXTS, targets, [1.0])
        assert ((judge(fitted, ["a", "b"]) > 0.5) == says_1).all()


def test_linear_does_not_mind_the_scale_of_features_and_obeys_its_strength():
    scales = np.array([1e3, 1, 1e-3, 1, 1, 1], dtype=np.float32)
    weak, strong = fit("layers", FEATURES, TARGETS, [0.001, 3.0])
    (scaled,) = fit("layers", FEATURES * scales, TARGETS, [3.0])
    expected = judge(strong, FEATURES)
    assert judge(scaled, FEATURES * scales) == pytest.approx(expected, abs=1e-3)
    assert np.ptp(judge(weak, FEATURES)) < 0.2 < np.ptp(expected)


@pytest.mark.parametrize("name", ["majority", "tfidf", "tfidf-strong"])
def test_tweets_that_share_no_word_are_no_end(name):
    texts = (*(chr(97 + i) * (i + 2) for i in range(20)), "😷", "🙏", "!!")
    for fitted in fit(name, texts, np.arange(len(texts)) % 2, STRENGTHS[name]):
        found = judge(fitted, ["never heard", "😷", "?"])
        assert found.shape == (3,) and np.isfinite(found).all()


@pytest.mark.parametrize("name", ["tfidf", "tfidf-strong", "layers"])
def test_held_out_probabilities_come_from_the_other_folds(name):
    inputs = INPUTS.get(name, TEXTS)
    strengths = STRENGTHS[name]
    folds = tuple(np.array_split(np.random.default_rng(0).permutation(240), 3))
    found = held_out_probabilities(name, inputs, TARGETS, folds, jobs=1)
    assert found.shape == (len(strengths), 240)
    rest = np.setdiff1d(np.arange(240), folds[1])
    for i, fitted in enumerate(fit(name, take(inputs, rest), TARGETS[rest], strengths)):
        assert found[i, folds[1]] == pytest.approx(judge(fitted, take(inputs, folds[1])))
    targets = TARGETS.copy()
    targets[folds[1]] = 1 - targets[folds[1]]
    poisoned = held_out_probabilities(name, inputs, targets, folds, jobs=1)
    assert np.array_equal(poisoned[:, folds[1]], found[:, folds[1]])
    assert not np.array_equal(poisoned[:, folds[0]], found[:, folds[0]])
