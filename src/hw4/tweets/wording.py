"""What the prose of problem 3 says in numbers, and the words that compare them."""

from hw4.foundation.words import (
    compare,
    count,
    count_word,
    duration,
    listing,
    number,
    percent,
    times,
)
from hw4.tweets.naming import encoder_name, learning_rate, variant_in_prose
from hw4.tweets.records import Trial, Variant
from hw4.tweets.result import Result

GOAL = 0.50
"""The sheet's goal for F1-macro in Q7."""
REQUIRED_ACCURACY = 0.60
DIGITS = 3


def f1(value: float) -> str:
    """A score as the report prints it."""
    return number(value, DIGITS)


class Words:
    """Phrases about a result; each property is one."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.final, self.bonus, self.naive = result.final, result.bonus, result.variant("naive")
        self.majority, self.tfidf = result.yardstick("majority"), result.yardstick("tfidf")

    # What the problem brings

    @property
    def encoder(self) -> str:
        """The encoder, by name and origin."""
        return encoder_name(self.result.encoder)

    @property
    def encoder_size(self) -> str:
        """Layers, width and parameters."""
        used = self.result.encoder
        parameters = (
            f"{number(used.parameters / 1e6, 1)} million"
            if used.parameters >= 1e6
            else count(used.parameters)
        )
        return f"{used.layers} layers, {used.hidden_size} wide, {parameters} parameters"

    @property
    def encoder_reason(self) -> str:
        """Why it is this encoder."""
        reasons = {
            "hub": "It is the model the sheet asks for.",
            "wheel": (
                "It stands in for distilbert-base-uncased where the hub cannot be reached: a BERT "
                "whose token types are all 0 is a DistilBERT once the embedding of type 0 is added "
                "to the position embeddings, and a test sees that both give the same hidden states."
            ),
            "random": "It has learned nothing, so its scores say nothing about DistilBERT.",
            "folder": "The settings name it.",
        }
        return reasons[self.result.encoder.kind]

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        return (
            f"The head on the frozen encoder, trained with the best setting of the grid, reaches "
            f"F1-macro {f1(self.final.test.f1_macro)} and accuracy "
            f"{percent(self.final.test.accuracy)} on the test tweets; "
            f"{variant_in_prose(self.bonus)} reaches {f1(self.bonus.test.f1_macro)} (Q7)."
        )

    @property
    def required(self) -> str:
        """The sheet's condition on accuracy, and whether it is met."""
        found = self.final.test.accuracy
        verdict = "above" if found >= REQUIRED_ACCURACY else "below"
        return f"{percent(found)}, {verdict} the {percent(REQUIRED_ACCURACY, 0)} that are required"

    # Q2, Q3

    @property
    def tweets(self) -> str:
        """All tweets of the split."""
        return count(sum(part.size for part in self.result.parts))

    @property
    def share_of_ones(self) -> str:
        """Share of class 1 among all."""
        ones = sum(part.counts[1] for part in self.result.parts)
        return percent(ones / sum(part.size for part in self.result.parts))

    @property
    def left_out(self) -> str:
        """What was left out, as a sentence."""
        empty, duplicates = self.result.empty, self.result.duplicates
        if not empty and not duplicates:
            return "No tweet was empty and none occurs in two parts, so none was left out."
        return (
            f"Left out: {count_word(empty)} without text, and {count_word(duplicates)} whose text "
            "(but for case and white space) is in a later part as well, taken from the earlier one."
        )

    @property
    def cut(self) -> str:
        """How many tweets are cut."""
        measured = self.result.lengths
        if not measured.cut:
            return f"no tweet is cut (the longest has {measured.longest})"
        many = count_word(measured.cut)
        return (
            f"{many} {'tweet is' if measured.cut == 1 else 'tweets are'} cut "
            f"({percent(measured.cut / sum(measured.counts), 2)}; the longest has "
            f"{measured.longest})"
        )

    # Q4

    @property
    def trials(self) -> str:
        """How many settings."""
        return count(len(self.result.grid))

    @property
    def best_setting(self) -> str:
        """The grid's best, in words."""
        best = self.result.best_trial
        return (
            f"learning rate {learning_rate(best.learning_rate)}, weight decay "
            f"{best.weight_decay:g}, {best.epochs} epochs, "
            f"{'class-weighted' if best.class_weighting == 'balanced' else 'plain'} loss"
        )

    @property
    def edges(self) -> str:
        """Whether a larger grid might find more, as a sentence."""
        best, grid = self.result.best_trial, self.result.grid
        names = {
            "learning_rate": "learning rate",
            "weight_decay": "weight decay",
            "epochs": "number of epochs",
        }
        at_edge = []
        for field, name in names.items():
            tried = [getattr(trial, field) for trial in grid]
            value = getattr(best, field)
            if value in (min(tried), max(tried)):
                at_edge.append(f"{'largest' if value == max(tried) else 'smallest'} {name}")
        if not at_edge:
            return "It lies inside the grid on every axis."
        return f"It has the {listing(at_edge)} tried, so a wider grid might find a little more."

    @property
    def best_score(self) -> str:
        """Validation F1-macro of the grid's best."""
        return f1(self.result.best_trial.validation_f1_macro)

    @property
    def saved(self) -> str:
        """What storing the features saves in the grid."""
        grid = self.result.grid
        spent = sum(trial.seconds for trial in grid)
        part = self.result.parts[0].size / sum(part.size for part in self.result.parts)
        whole = self.result.feature_seconds * part * sum(trial.epochs for trial in grid)
        ratio = whole / (spent + self.result.feature_seconds)
        return (
            f"the encoder ran once over all tweets ({duration(self.result.feature_seconds)}), and "
            f"all {len(grid)} heads together trained in {duration(spent)}; running the encoder in "
            f"each of their {count(sum(trial.epochs for trial in grid))} epochs would have taken "
            f"about {_hours(whole)}, {times(ratio)} as long"
        )

    @property
    def weighting_effect(self) -> str:
        """What the weighting does, over pairs of settings that differ in nothing else."""
        gains = [
            weighted.validation_f1_macro - plain.validation_f1_macro
            for plain, weighted in _pairs(self.result.grid)
        ]
        mean = sum(gains) / len(gains)
        better = sum(gain > 0 for gain in gains)
        return (
            f"in {better} of the {len(gains)} pairs of settings that differ in nothing else, "
            f"weighting is better, by {f1(mean)} on average"
            if mean >= 0
            else f"weighting is better in only {better} of the {len(gains)} pairs of settings that "
            f"differ in nothing else, and worse by {f1(-mean)} on average"
        )

    @property
    def one_class(self) -> str:
        """How many settings never find class 0."""
        floor = self.majority.validation_f1_macro
        stuck = [trial for trial in self.result.grid if trial.validation_f1_macro <= floor + 0.5e-3]
        if not stuck:
            return "no setting of the grid falls back to always saying the larger class"
        plain = sum(trial.class_weighting == "none" for trial in stuck)
        which = "all" if plain == len(stuck) else "none" if not plain else count_word(plain)
        many = f"{count_word(len(stuck))} of the {len(self.result.grid)} settings"
        if len(stuck) == 1:
            loss = "plain" if plain else "weighted"
            return (
                f"one setting of the grid, with the {loss} loss, scores no more than always "
                f"saying the larger class ({f1(floor)})"
            )
        return (
            f"{many} score no more than always saying the larger class ({f1(floor)}), {which} of "
            "them with the plain loss"
        )

    @property
    def overfitting(self) -> str:
        """Training against validation score of the best setting, and of its siblings in epochs."""
        best = self.result.best_trial
        return (
            f"The best setting scores {f1(best.train_f1_macro)} on the tweets it was trained on "
            f"and {f1(best.validation_f1_macro)} on the validation tweets"
        )

    # Q5, Q6

    @property
    def final_against_words(self) -> str:
        """The final head against counted words."""
        return self._against(self.final, self.tfidf.test.f1_macro)

    @property
    def bonus_against_words(self) -> str:
        """The bonus against counted words."""
        return self._against(self.bonus, self.tfidf.test.f1_macro)

    @property
    def frozen_against_words(self) -> str:
        """The best frozen variant against counted words."""
        return self._against(self.result.best_frozen, self.tfidf.test.f1_macro)

    def _against(self, variant: Variant, other: float) -> str:
        """`variant` against a score: a word, and whether chance could have made the difference."""
        found, error = variant.test.f1_macro, variant.test.f1_macro_error
        word = compare(found, other, "below", "above", "level with", tolerance=0.005)
        if word == "level with":
            return f"level with the {f1(other)} of counted words"
        sure = "more than" if abs(found - other) > 2 * error else "less than"
        return f"{word} the {f1(other)} of counted words, by {sure} two standard errors"

    @property
    def accuracy_paradox(self) -> str:
        """Accuracy of the final head and of the larger class alone."""
        ours, theirs = self.final.test.accuracy, self.majority.test.accuracy
        word = compare(ours, theirs, "less than", "more than", "about as much as", tolerance=0.005)
        return (
            f"{percent(ours)}, {word} always saying the larger class has "
            f"({percent(theirs)}, at F1-macro {f1(self.majority.test.f1_macro)})"
        )

    @property
    def rare_class(self) -> str:
        """Recall and precision of class 0 of the final head."""
        test = self.final.test
        return (
            f"it finds {percent(test.recall[0], 0)} of class 0, and "
            f"{percent(test.precision[0], 0)} of what it calls class 0 is of that class"
        )

    @property
    def error(self) -> str:
        """Standard error of the final score."""
        return f1(self.final.test.f1_macro_error)

    @property
    def rare_tested(self) -> str:
        """Test tweets of class 0."""
        return count(self.result.parts[-1].counts[0])

    @property
    def rare_trained(self) -> str:
        """Training tweets of class 0."""
        return count(self.result.parts[0].counts[0])

    @property
    def one_tweet(self) -> str:
        """What share of class 0's recall one test tweet is."""
        return percent(1 / self.result.parts[-1].counts[0])

    # Q7

    @property
    def goal(self) -> str:
        """Whether the sheet's goal is met, and by which variants."""
        over = [v for v in self.result.variants if v.test.f1_macro > GOAL]
        if len(over) == len(self.result.variants):
            return f"all {count_word(len(over))} variants are above F1-macro {GOAL:.2f}"
        return (
            f"{count_word(len(over))} of the {count_word(len(self.result.variants))} variants are "
            f"above F1-macro {GOAL:.2f}"
        )

    def step(self, key: str, before: str, what: str = "test") -> str:
        """The change of a score from one variant to another, with a sign.

        Args:
            what: `test` or `validation`.
        """
        new, old = self.result.variant(key), self.result.variant(before)
        gain = (
            new.test.f1_macro - old.test.f1_macro
            if what == "test"
            else new.validation_f1_macro - old.validation_f1_macro
        )
        return f"{'+' if gain >= 0 else ''}{f1(gain)}"

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
        gain = self.bonus.test.f1_macro - self.naive.test.f1_macro
        return f"{f1(abs(gain))} {'above' if gain >= 0 else 'below'} the naive head"

    @property
    def threshold(self) -> str:
        """The tuned threshold of the unfrozen layers."""
        return number(self.result.variant("unfrozen-threshold").threshold, 2)

    @property
    def epoch_scores(self) -> str:
        """Validation score after each epoch of the unfrozen layers."""
        said = [f1(epoch.validation_f1_macro) for epoch in self.result.epochs]
        losses = [number(epoch.train_loss, 2) for epoch in self.result.epochs]
        if len(said) == 1:
            return f"{said[0]} after its one epoch (training loss {losses[0]})"
        return f"{', '.join(said)} after each epoch (training loss {', '.join(losses)})"

    @property
    def unfrozen_share(self) -> str:
        """Trained parameters of the unfrozen variant."""
        trained = self.result.variant("unfrozen").trained_parameters
        head = self.naive.trained_parameters
        return f"{count(trained)} parameters instead of the head's {count(head)}"

    @property
    def unfrozen_time(self) -> str:
        """How long the last training took."""
        return duration(self.result.variant("unfrozen").seconds)


def _pairs(grid: tuple[Trial, ...]) -> list[tuple[Trial, Trial]]:
    """Trials without and with weighting that have all else in common."""
    weighted = {
        (trial.learning_rate, trial.weight_decay, trial.epochs): trial
        for trial in grid
        if trial.class_weighting == "balanced"
    }
    return [
        (trial, weighted[trial.learning_rate, trial.weight_decay, trial.epochs])
        for trial in grid
        if trial.class_weighting == "none"
    ]


def _hours(seconds: float) -> str:
    return f"{number(seconds / 3600, 1)} hours" if seconds >= 5400 else duration(seconds)
