"""Tweets composed by code, for when the course's file is not there.

They have the noise of real ones (mentions, hashtags, links, emoji, typing errors, quotes) and their
imbalance. What decides is how a thing is said: a claim asserts that something does something about
an illness, the rest asks, wishes, jokes or reports a mood with the same words. So every content
word occurs in both classes, and counting words is not enough.
"""

import re
import string

import numpy as np

from hw4.tweets.data import Tweets, wording

SHARE_WITHOUT_CLAIM = 0.13
MISLABELED = (0.08, 0.02)
"""Annotators differ; so do these labels. For tweets without and with a claim."""

_THINGS = (
    "garlic", "bleach", "vitamin C", "hot water", "sunlight", "a face mask", "alcohol", "honey",
    "hydroxychloroquine", "5G", "the flu shot", "lemon tea", "Lysol", "zinc", "ginger", "UV light",
    "olive oil", "heat", "hand washing", "turmeric", "the new vaccine", "chloroquine",
)  # fmt: skip
_DOES = (
    "cures", "prevents", "kills", "causes", "stops", "spreads", "treats", "protects you from",
    "makes you immune to", "slows down",
)  # fmt: skip
_DO = (
    "cure", "prevent", "kill", "cause", "stop", "spread", "treat", "protect us from",
    "make us immune to", "slow down",
)  # fmt: skip
_ILLNESS = (
    "COVID-19", "the corona virus", "#COVID19", "coronavirus", "the virus", "#Coronavirus",
    "corona", "the flu", "covid",
)  # fmt: skip
_WHO = (
    "doctors", "my aunt", "scientists in Italy", "the WHO", "a nurse I know", "the president",
    "researchers", "people on Facebook", "a study", "the news",
)  # fmt: skip
_CLAIMS = (
    "{thing} {does} {illness}",
    "{thing} can {do} {illness}",
    "{thing} will {do} {illness}",
    "{who} say {thing} {does} {illness}",
    "{thing} does not {do} {illness}, {who} said so",
    "{who} proved that {thing} {does} {illness}",
    "so {thing} {does} {illness} after all",
    'my friend asked and {who} answered: "{thing} {does} {illness}"',
    "{who} found out that {thing} could {do} {illness}",
    "{illness} was made in a lab and {thing} {does} it",
)
_OTHERS = (
    "does {thing} {do} {illness}?",
    "I wish {thing} could {do} {illness}",
    "do you think {thing} {does} {illness}?",
    "I wonder whether {thing} {does} {illness}",
    "can {thing} {do} {illness}? asking for {who}",
    "if {thing} {does} {illness} I will eat my hat",
    "waiting for {who} to say whether {thing} can {do} {illness}",
    "who said that {thing} {does} {illness}?",
    "I hope they find out what {does} {illness}, maybe {thing}",
    "imagine {who} with {thing} in a movie about {illness}",
)
_ASIDES = (
    "do you think I should tell {who}?",
    "I wonder whether {who} will say so",
    "does {who} know?",
    "I wish somebody had told me",
    "who said that I can not joke?",
    "can we all go out again?",
    "I hope {who} will find out",
    "if only {who} could listen",
    "waiting for {who} to answer",
    "{who} proved it",
    "{who} say so",
    "so I was right after all",
    "my friend found out and I will not be silent",
    "{who} said so, was it a lab",
    "that does not change a thing",
)
"""Beside either kind, so that the words of asking and of asserting are in both classes."""
_BEFORE = (
    "", "", "", "RT @{user}: ", "@{user} ", "@{user} @{user} ", "Wow. ", "Listen, ", ".@{user} ",
)  # fmt: skip
_AFTER = (
    "", "", "", " https://t.co/{code}", " #StayHome", " #lockdown 😷", " 🙄", " 😂😂",
    " via @{user}", " https://t.co/{code} #news", " &amp; stay safe", " 🙏", "!!", "...",
    " pic.twitter.com/{code}",
)  # fmt: skip
_LETTERS = string.ascii_letters + string.digits


def compose(size: int, seed: int) -> Tweets:
    """`size` tweets, all different, in the proportions of the course's classes."""
    random = np.random.default_rng(seed)
    targets: dict[str, int] = {}  # by text
    composed: set[str] = set()
    while len(targets) < size:
        target = int(random.random() >= SHARE_WITHOUT_CLAIM)
        text = _noisy(_sentence(random, _CLAIMS if target else _OTHERS), random)
        if wording(text) not in composed:
            composed.add(wording(text))
            targets[text] = 1 - target if random.random() < MISLABELED[target] else target
    return Tweets(tuple(targets), np.array([*targets.values()], dtype=np.int64))


def _sentence(random: np.random.Generator, templates: tuple[str, ...]) -> str:
    def any_of(choices: tuple[str, ...]) -> str:
        return choices[random.integers(len(choices))]

    def name(shortest: int) -> str:
        letters = random.integers(len(_LETTERS), size=random.integers(shortest, 11))
        return "".join(_LETTERS[i] for i in letters)

    parts = [any_of(templates)]
    for _ in range(random.integers(0, 3)):
        parts.insert(int(random.integers(len(parts) + 1)), any_of(_ASIDES))
    text = ". ".join(
        part.format(
            thing=any_of(_THINGS),
            does=any_of(_DOES),
            do=any_of(_DO),
            illness=any_of(_ILLNESS),
            who=any_of(_WHO),
        )
        for part in parts
    )
    text = any_of(_BEFORE) + text.replace("?.", "?") + any_of(_AFTER)
    text = re.sub("{user}", lambda _: name(5), text)
    return text.replace("{code}", name(10))


def _noisy(text: str, random: np.random.Generator) -> str:
    """Now and then all lower case, a letter lost, or two letters swapped."""
    if random.random() < 0.25:
        text = text.lower()
    if random.random() < 0.3:
        at = int(random.integers(len(text) - 1))
        swapped = text[at + 1] + text[at] if random.random() < 0.5 else text[at]
        text = text[:at] + swapped + text[at + 2 :]
    return text
