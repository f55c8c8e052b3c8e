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
from hw4.tweets.changes import ChangeWords
from hw4.tweets.comparing import against_words, f1, gain
from hw4.tweets.data import SPLIT_SEED, TEST, VALIDATION
from hw4.tweets.naming import encoder_name, learning_rate, variant_in_prose
from hw4.tweets.records import Trial
from hw4.tweets.result import SHARES

REQUIRED_ACCURACY = 0.60


class Words(ChangeWords):
    """Phrases about a result; each property is one."""

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
    def headline(self) -> str:
        """The result in one sentence."""
        return (
            f"The head on the frozen encoder, trained with the best setting of the grid, reaches "
            f"F1-macro {f1(self.final.test.f1_macro)} on the test tweets; "
            f"{variant_in_prose(self.bonus)} reaches {f1(self.bonus.test.f1_macro)} (Q7)."
        )

    @property
    def required(self) -> str:
        """The accuracy against the sheet's condition and against the larger class, a sentence."""
        found, larger = self.final.test.accuracy, self.majority.test.accuracy
        verdict = "above" if found >= REQUIRED_ACCURACY else "below"
        word = compare(found, larger, "below", "above", "about equal to", tolerance=0.005)
        link = "and" if (verdict == word) else "but"
        return (
            f"The accuracy of that head is {percent(found)}, {verdict} the "
            f"{percent(REQUIRED_ACCURACY, 0)} that are required, {link} {word} the "
            f"{percent(larger)} of always saying the larger class"
        )

    # Q2, Q3

    @property
    def tweets(self) -> str:
        """All tweets that were split."""
        return count(sum(part.size for part in self.result.parts) + self.result.duplicates)

    @property
    def shares(self) -> str:
        """Of training, validation and test tweets."""
        return SHARES

    @property
    def held_back(self) -> str:
        """The share of tweets that is not for training."""
        return f"{VALIDATION + TEST:g}"

    @property
    def split_seed(self) -> str:
        """The seed of the split."""
        return str(SPLIT_SEED)

    @property
    def left_out(self) -> str:
        """What was left out, and what remains, as sentences."""
        empty, duplicates = self.result.empty, self.result.duplicates
        kept = sum(part.size for part in self.result.parts)
        share = percent(sum(part.counts[1] for part in self.result.parts) / kept)
        before = ""
        if empty:
            without = "tweet without text was" if empty == 1 else "tweets without text were"
            before = f"{count_word(empty).capitalize()} {without} left out beforehand. "
        if not duplicates:
            return f"{before}No text is in two parts, so all stay; {share} of them are of class 1."
        was, their = ("was", "its") if duplicates == 1 else ("were", "their")
        return (
            f"{before}{count_word(duplicates).capitalize()} {was} then removed because {their} "
            f"text (but for case and white space) is also in a later part; {count(kept)} remain, "
            f"{share} of them of class 1."
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
    def grid_values(self) -> str:
        """What the grid combines."""
        grid = self.result.grid

        def tried(name: str) -> list:
            return sorted({getattr(trial, name) for trial in grid})

        losses = [
            "class-weighted" if weighting == "balanced" else "plain"
            for weighting in sorted(tried("class_weighting"), reverse=True)
        ]
        rates = [learning_rate(rate) for rate in tried("learning_rate")]
        decays = [f"{decay:g}" for decay in tried("weight_decay")]
        epochs = [str(passes) for passes in tried("epochs")]
        return (
            f"learning rate {listing(rates, 'or')}; weight decay {listing(decays, 'or')}; "
            f"{listing(epochs, 'or')} epochs; {listing(losses, 'or')} loss"
        )

    @property
    def tied(self) -> str:
        """How many settings are as good as the best, as a sentence."""
        error = self.final.test.f1_macro_error
        floor = self.result.best_trial.validation_f1_macro - error
        near = sum(trial.validation_f1_macro >= floor for trial in self.result.grid) - 1
        margin = f"{f1(error)} of it, about one standard error of such a score (Q5)"
        if not near:
            return f"No other setting is within {margin}."
        many = (
            "One other setting is" if near == 1 else f"{count_word(near).capitalize()} others are"
        )
        return f"{many} within {margin}, so the first place is a tie."

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
        which = "all" if better == len(gains) else f"{better} of the"
        return (
            f"In {which} {len(gains)} pairs of settings that differ in nothing else, "
            f"weighting is better, by {f1(mean)} on average"
            if mean >= 0
            else f"Weighting is better in only {better} of the {len(gains)} pairs of settings that "
            f"differ in nothing else, and worse by {f1(-mean)} on average"
        )

    @property
    def losses(self) -> str:
        """What either loss reaches over the grid, as a sentence."""
        parts = []
        for weighting, name in (("none", "Plain-loss"), ("balanced", "class-weighted")):
            found = [
                f1(trial.validation_f1_macro)
                for trial in sorted(self.result.grid, key=lambda trial: trial.validation_f1_macro)
                if trial.class_weighting == weighting
            ]
            parts.append(
                f"{name} settings reach {' to '.join(dict.fromkeys([found[0], found[-1]]))}"
            )
        floor = f1(self.majority.validation_f1_macro)
        return (
            f"{parts[0]} F1-macro on the validation tweets (always the larger class: {floor}), "
            f"{parts[1].replace(' settings reach', ' ones')}."
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
        return against_words(self.result, self.final)

    @property
    def frozen_against_words(self) -> str:
        """The best frozen variant against counted words; what the encoder has to do with it."""
        best = self.result.best_frozen
        said = (
            f"The best on validation of those that leave the encoder frozen, "
            f"{variant_in_prose(best)}, is {against_words(self.result, best)} (Q7)."
        )
        if self.result.encoder.kind != "wheel":
            return said
        return (
            f"{said} The encoder used here was trained for the mean of its tokens, so a weak first "
            "token may be a property of it and not of DistilBERT."
        )

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
        said = sum(row[0] for row in test.confusion)
        if not said:
            return "On the test tweets, the final head never predicts class 0."
        return (
            f"On the test tweets, the final head finds {percent(test.recall[0], 0)} of class 0; "
            f"{percent(test.precision[0], 0)} of its class-0 predictions are right."
        )

    @property
    def fitted(self) -> str:
        """Training against validation score of the grid's best, once more in short."""
        best = self.result.best_trial
        apart = gain(best.train_f1_macro, best.validation_f1_macro)
        return (
            f"on them the best setting scores {f1(abs(apart))} "
            f"{'more' if apart >= 0 else 'less'} than on the validation tweets (Q4)"
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
