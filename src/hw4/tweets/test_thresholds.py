"""Thresholds: robust, and never chosen by the tweets that are judged at them."""

import numpy as np
import pytest

from hw4.foundation.scores import f1_macro
from hw4.tweets import thresholds
from hw4.tweets.thresholds import THRESHOLDS, best_threshold, crossed_f1_macro


def test_threshold_is_in_the_middle_of_the_broad_hill():
    targets = np.array([0] * 30 + [1] * 200)
    found = np.concatenate([np.linspace(0.05, 0.3, 30), np.linspace(0.7, 0.95, 200)])
    assert best_threshold(targets, found) == pytest.approx(0.5)


def test_a_probability_at_the_threshold_is_class_0():
    """Thresholds from the lower value on, up to below the upper one, part the classes."""
    low, high = THRESHOLDS[8], THRESHOLDS[18]
    targets = np.array([0] * 40 + [1] * 200)
    found = np.concatenate([np.full(40, low), np.full(200, high)])
    margin = 2  # of neighbors that are averaged
    assert best_threshold(targets, found) == pytest.approx(THRESHOLDS[17 - margin])


def test_no_tweet_chooses_the_threshold_at_which_it_is_judged(monkeypatch):
    random = np.random.default_rng(0)
    targets, is_scored = (np.arange(400) % 8 > 0).astype(int), np.arange(400) < 200
    noise = random.random(400)
    own = max(f1_macro(targets[is_scored], noise[is_scored] > t) for t in THRESHOLDS)
    assert crossed_f1_macro(targets, noise, is_scored, tuned=True) < own
    helpful = np.clip(0.3 * targets + 0.5 * noise, 0, 1)
    assert crossed_f1_macro(targets, helpful, is_scored, tuned=True) > 0.6
    halves = f1_macro(targets[is_scored], helpful[is_scored] > 0.5)
    assert crossed_f1_macro(targets, helpful, is_scored, tuned=False) == halves

    chose = []
    monkeypatch.setattr(
        thresholds, "best_threshold", lambda targets, found: chose.append(set(found)) or 0.25
    )
    crossed_f1_macro(targets, noise, is_scored, tuned=True)
    judged = [set(noise) - some for some in chose]
    assert sum(map(len, judged)) == 400 and set.union(*judged) == set(noise)
    at_it = np.where(targets == 0, 0.25, 0.26)
    assert crossed_f1_macro(targets, at_it, is_scored, tuned=True) == 1
