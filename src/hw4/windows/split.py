"""Which photograph is used for what: learned from, selected by, or seen at the very end."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hw4.foundation.errors import UserError
from hw4.windows import duplicates
from hw4.windows.data import CLASSES, BadFile, DataCheck, Photographs, PictureSet

FEWEST = 8
"""Photographs of a class that must be left for training and validation."""


@dataclass(frozen=True)
class Learning:
    """What may be learned from and selected by.

    Attributes:
        groups: `(len(fit),)`, the same number for copies of one photograph.
    """

    fit: Photographs
    validation: Photographs
    groups: np.ndarray
    check: DataCheck
    own_names: tuple[str, ...]


@dataclass(frozen=True)
class Unseen:
    """What nothing is learned from or selected by.

    Attributes:
        reported: the test set; without labels there, a held-out part of the training set.
        unlabelled: the test set if it came without labels.
    """

    reported: Photographs
    unlabelled: Photographs | None = None


def split(
    train: PictureSet, test: PictureSet, seed: int, validation_share: float, held_out_share: float
) -> tuple[Learning, Unseen]:
    """Who is in which part: by class, copies on one side, none of the test set in training.

    Of the test set only the looks are compared, to take its photographs out of the training set.

    Raises:
        UserError: too few photographs of a class are left.
    """
    photographs, targets = train.photographs, train.photographs.targets
    looks = duplicates.Looks.of(photographs.pixels)
    exact = _same_files(train.hashes, test.hashes)
    near = duplicates.near_pairs(looks, duplicates.Looks.of(test.photographs.pixels))
    near = {(int(a), int(b)) for a, b in near} - exact
    leaked = sorted({one for one, _ in exact | near})
    within = duplicates.near_pairs(looks)
    groups = duplicates.groups(len(photographs), within)

    usable = np.setdiff1d(np.arange(len(photographs)), leaked)
    left = Counter(targets[usable].tolist())
    for label, name in enumerate(CLASSES):
        if left[label] < FEWEST:
            raise UserError(
                f"Only {left[label]} usable photographs of the class {name} are left in "
                f"{train.path}, at least {FEWEST} are needed: add photographs, or download it "
                "again."
            )
    labelled = bool((test.photographs.targets >= 0).all())
    rng = np.random.default_rng(seed)
    validation, rest = _set_apart(usable, targets, groups, validation_share, rng)
    share_of_rest = 0.0 if labelled else held_out_share / (1 - validation_share)
    held_out, fit = _set_apart(rest, targets, groups, share_of_rest, rng)
    for label, name in enumerate(CLASSES):
        if not (targets[fit] == label).any():
            raise UserError(
                f"The photographs of the class {name} in {train.path} are copies of so few that "
                f"none is left to learn from, at least {FEWEST} different ones are needed: add "
                "photographs, or download it again."
            )
    bad = [("training", *file) for file in train.bad] + [("test", *file) for file in test.bad]
    exact_ones = {one for one, _ in exact}
    check = DataCheck(
        train_counts=_counts(targets),
        test_counts=_counts(test.photographs.targets) if labelled else None,
        test_photographs=len(test.photographs),
        fit=len(fit),
        validation=len(validation),
        held_out=len(held_out),
        bad=tuple(BadFile(*file) for file in bad),
        exact_duplicates=len(exact_ones),
        near_duplicates=len({one for one, _ in near} - exact_ones),
        removed=tuple(photographs.names[one] for one in leaked),
        duplicates_within=len(within),
        contradictions=int(sum(targets[a] != targets[b] for a, b in within)),
    )
    learning = Learning(
        photographs.subset(fit), photographs.subset(validation), groups[fit], check, train.own_names
    )
    if labelled:
        return learning, Unseen(test.photographs)
    return learning, Unseen(photographs.subset(held_out), test.photographs)


def _same_files(train: tuple[str, ...], test: tuple[str, ...]) -> set[tuple[int, int]]:
    places = {value: place for place, value in enumerate(test)}
    return {(one, places[value]) for one, value in enumerate(train) if value in places}


def _counts(targets: np.ndarray) -> tuple[int, ...]:
    return tuple(int((targets == label).sum()) for label in range(len(CLASSES)))


def _set_apart(
    idx: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    share: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """About a `share` of each class at `idx`, copies together, and the rest."""
    apart: list[int] = []
    if share > 0:
        for label in range(len(CLASSES)):
            of_class = idx[targets[idx] == label]
            wanted = max(2, round(share * len(of_class)))
            taken = 0
            for chosen in rng.permutation(np.unique(groups[of_class])):
                members = of_class[groups[of_class] == chosen]
                if taken >= wanted:
                    break
                apart += members.tolist()
                taken += len(members)
    # Copies under another label follow the first, so that nothing is learned from them.
    joined = np.isin(groups[idx], groups[np.array(apart, dtype=np.int64)])
    return idx[joined], idx[~joined]
