"""What the prose of Q7 says: the changes one by one, and the words that decided."""

import re

from hw4.foundation.words import count, count_word, duration, listing, number
from hw4.tweets.comparing import against_words, beyond_chance, f1, gain, signed
from hw4.tweets.naming import variant_in_prose
from hw4.tweets.result import Result

GOAL = 0.50
"""The sheet's goal for F1-macro in Q7."""
DECIDING = 4
"""Words of a tweet that are marked as having decided."""
_FORM = re.compile(r"\W*(@user|https?\b|#|\d)")
"""Words that are of a tweet's form: accounts, links, hashtags, numbers."""
STEPS = (
    ("weighted", "naive"),
    ("threshold", "weighted"),
    ("mean-pooled", "threshold"),
    ("layers-pooled", "mean-pooled"),
    ("unfrozen", "mean-pooled"),
    ("unfrozen-threshold", "unfrozen"),
)
"""Q7: every variant after the naive head, with the one it is compared with."""


class ChangeWords:
    """Phrases about the variants of a result; each property is one."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.final, self.bonus, self.naive = result.final, result.bonus, result.variant("naive")
        self.majority, self.tfidf = result.yardstick("majority"), result.yardstick("tfidf")

    @property
    def bonus_against_words(self) -> str:
        """The bonus against counted words."""
        return against_words(self.result, self.bonus)

    @property
    def goal(self) -> str:
        """Whether the sheet's goal is met, and by which variants, as a sentence."""
        found, many = self.naive.test.f1_macro, len(self.result.variants)
        over = sum(variant.test.f1_macro > GOAL for variant in self.result.variants)
        start = (
            f"The naive head, first token and plain loss, has F1-macro {f1(found)} on the test "
            "tweets and so "
        )
        which = "all" if over == many else f"{count_word(over)} of the"
        rest = f"{which} {count_word(many)} rows of the table are above it."
        if found > GOAL:
            return f"{start}already passes {GOAL:.2f} before any change; {rest}"
        return f"{start}does not pass {GOAL:.2f}; {rest}"

    def row(self, key: str) -> int:
        """The number of a variant's row in the table of Q7."""
        return [variant.key for variant in self.result.variants].index(key)

    def step(self, key: str, before: str, what: str = "test") -> str:
        """The change of a score from one variant to another, with a sign.

        Args:
            what: `test` or `validation`.
        """
        new, old = self.result.variant(key), self.result.variant(before)
        if what == "test":
            return signed(gain(new.test.f1_macro, old.test.f1_macro))
        return signed(gain(new.validation_f1_macro, old.validation_f1_macro))

    @property
    def steps(self) -> str:
        """Which changes are more than chance, as a sentence."""
        sure = [
            f"row {self.row(key)}"
            for key, before in STEPS
            if beyond_chance(self.result.variant(key).test, self.result.variant(before).test)
        ]
        many = count_word(len(STEPS))
        if not sure:
            return f"None of the {many} changes below can be told from chance by itself (Q5)."
        return f"Of the {many} changes below, only {listing(sure)} can be told from chance (Q5)."

    @property
    def test_above(self) -> str:
        """Test scores against validation scores, as sentences."""
        variants = self.result.variants
        apart = [gain(one.test.f1_macro, one.validation_f1_macro) for one in variants]
        above = sum(value > 0 for value in apart)
        many = count_word(len(apart))
        if above < len(apart):
            return (
                f"{count_word(above).capitalize()} of the {many} test scores are above their "
                f"validation scores (differences from {signed(min(apart))} to "
                f"{signed(max(apart))}). Selection favors validation, training on more tweets "
                "favors test, and one part may be easier; these scores cannot separate the three."
            )
        words = gain(self.tfidf.test.f1_macro, self.tfidf.validation_f1_macro)
        likewise = f"; for counted words it is {signed(words)}" if words > 0 else ""
        return (
            f"All {many} test scores are above their validation scores, by {f1(min(apart))} to "
            f"{f1(max(apart))}{likewise}. Likely reasons are that the tested models were trained "
            "on the validation tweets as well, and that the test part may be easier; these scores "
            "cannot separate the two."
        )

    @property
    def ablation_seen(self) -> str:
        """What the figure of Q7 shows, as a sentence."""
        above = sum(one.test.f1_macro > one.validation_f1_macro for one in self.result.variants)
        many = len(self.result.variants)
        return (
            f"The validation tweets select row {self.row(self.bonus.key)} (red), on test "
            f"{self.bonus_gain}; the test score (filled) is above the validation score (hollow) in "
            f"{'all' if above == many else f'{count_word(above)} of the'} {count_word(many)} rows."
        )

    def changes(self, key: str, before: str) -> str:
        """The change on validation and on test."""
        on_validation = self.step(key, before, "validation")
        return f"{on_validation} on validation, {self.step(key, before)} on test"

    @property
    def bonus_name(self) -> str:
        """The variant that validation chose."""
        return variant_in_prose(self.bonus)

    @property
    def bonus_gain(self) -> str:
        """The bonus against the naive head."""
        if self.bonus.key == self.naive.key:
            return "the naive head itself"
        apart = gain(self.bonus.test.f1_macro, self.naive.test.f1_macro)
        verdict = "beyond" if beyond_chance(self.bonus.test, self.naive.test) else "within"
        return (
            f"{f1(abs(apart))} {'above' if apart >= 0 else 'below'} the naive head "
            f"({verdict} chance)"
        )

    @property
    def threshold(self) -> str:
        """The tuned threshold of the unfrozen layers."""
        return number(self.result.variant("unfrozen-threshold").threshold, 2)

    @property
    def epoch_scores(self) -> str:
        """Validation score after each epoch of the unfrozen layers."""
        scores = [epoch.validation_f1_macro for epoch in self.result.epochs]
        said = [f1(score) for score in scores]
        losses = [number(epoch.train_loss, 2) for epoch in self.result.epochs]
        if len(said) == 1:
            return f"{said[0]} after its one epoch (training loss {losses[0]})"
        rising = scores[-1] == max(scores) and gain(scores[-1], scores[-2]) > 0
        end = "was still rising, so more epochs might help" if rising else "had stopped rising"
        return f"{', '.join(said)} after each epoch (training loss {', '.join(losses)}); it {end}"

    @property
    def unfrozen_epochs(self) -> str:
        """How many epochs the unfrozen layers were trained."""
        epochs = self.result.variant("unfrozen").epochs
        return "one epoch" if epochs == 1 else f"{count_word(epochs)} epochs"

    @property
    def explained_seen(self) -> str:
        """What the explained tweets show, as sentences."""
        told = [one for one in self.result.explained if one.words]
        if not told:
            return "No test tweet was fit to be printed."
        agree = form = 0
        for one in told:
            order = sorted(range(len(one.words)), key=lambda i: -abs(one.shares[i]))
            agree += (one.shares[order[0]] > 0) == (one.predicted == 1)
            form += any(_FORM.match(one.words[i]) for i in order[:DECIDING])
        wrong = sum(one.label != one.predicted for one in told)
        many = count_word(len(told))
        said = (
            f"These are the most decided test tweets of each outcome, so examples and no sample; "
            f"{count_word(wrong)} of the {many} go against the annotation. In {count_word(agree)} "
            f"of the {many} the strongest word speaks for the class that was predicted"
        )
        said += "." if agree == len(told) else "; elsewhere, other words outweigh it."
        if form:
            said += (
                f" In {count_word(form)}, an account, a link, a hashtag or a number is among the "
                f"{count_word(DECIDING)} strongest: the form of a tweet counts for the model, and "
                "not only what it says of medicine."
            )
        return said

    @property
    def unfrozen_share(self) -> str:
        """Trained parameters of the unfrozen variant."""
        trained = self.result.variant("unfrozen").trained_parameters
        head = self.naive.trained_parameters
        return f"{count(trained)} parameters instead of the head's {count(head)}"

    @property
    def unfrozen_threshold(self) -> str:
        """Above which probability the model with unfrozen layers says class 1."""
        return number(self.result.variant("unfrozen").threshold, 2)

    @property
    def unfrozen_time(self) -> str:
        """How long the last training took."""
        return duration(self.result.variant("unfrozen").seconds)
