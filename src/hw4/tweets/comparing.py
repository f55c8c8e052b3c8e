"""Scores as they are printed and compared in the prose of problem 3."""

import math

from hw4.foundation.words import compare, number
from hw4.tweets.records import Variant
from hw4.tweets.result import Result
from hw4.tweets.scores import Scores

DIGITS = 3


def f1(value: float) -> str:
    """A score as the report prints it."""
    return number(value, DIGITS)


def gain(new: float, old: float) -> float:
    """The difference of two scores as they are printed, so that readers find the same."""
    return round(round(new, DIGITS) - round(old, DIGITS), DIGITS)


def signed(value: float) -> str:
    """A difference with its sign; none for 0."""
    return f"{'+' if value > 0 else ''}{f1(value)}"


def beyond_chance(one: Scores, other: Scores) -> bool:
    """Whether two F1-macro differ by more than two standard errors of their difference."""
    error = math.hypot(one.f1_macro_error, other.f1_macro_error)
    return abs(one.f1_macro - other.f1_macro) > 2 * error


def against_words(result: Result, variant: Variant) -> str:
    """`variant` against counted words: a word, and whether it may be chance."""
    found, other = variant.test, result.yardstick("tfidf").test
    word = compare(found.f1_macro, other.f1_macro, "below", "above", "level with", 0.005)
    if word == "level with":
        return f"level with the {f1(other.f1_macro)} of counted words"
    verdict = "beyond" if beyond_chance(found, other) else "within"
    return f"{word} the {f1(other.f1_macro)} of counted words, {verdict} chance"
