"""From probabilities to classes: the threshold that F1-macro prefers, and its fair score."""

import numpy as np

from hw4.foundation.scores import f1_macro

HALF = 0.5
THRESHOLDS = np.arange(0.02, 0.981, 0.01)
SMOOTHING = 5
"""Neighboring thresholds whose scores are averaged."""


def best_threshold(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """The probability of class 1 above which to say 1, for the best F1-macro on these tweets.

    The score jumps with every single tweet; it is averaged over neighboring thresholds, so that a
    broad hill wins over a lucky peak; of equals, the one nearest to one half is taken.
    """
    scores = np.array([f1_macro(targets, probabilities > t) for t in THRESHOLDS])
    window = np.ones(SMOOTHING)
    smooth = np.convolve(scores, window, "same") / np.convolve(np.ones_like(scores), window, "same")
    tied = THRESHOLDS[smooth >= smooth.max() - 1e-9]
    return round(float(tied[np.abs(tied - HALF).argmin()]), 2)


def crossed_f1_macro(
    targets: np.ndarray, probabilities: np.ndarray, is_scored: np.ndarray, tuned: bool
) -> float:
    """F1-macro of the tweets where `is_scored` (tweets,), none of which chose its own threshold.

    If `tuned`, each fifth of all tweets is judged at the threshold that is best on the other four.
    """
    fifth_of = np.empty(len(targets), dtype=int)
    for target in (0, 1):
        members = np.flatnonzero(targets == target)
        fifth_of[members] = np.arange(len(members)) % 5
    predictions = probabilities > HALF
    for fifth in range(5) if tuned else ():
        rest, these = fifth_of != fifth, fifth_of == fifth
        threshold = best_threshold(targets[rest], probabilities[rest])
        predictions[these] = probabilities[these] > threshold
    return f1_macro(targets[is_scored], predictions[is_scored])
