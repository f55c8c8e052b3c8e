"""The stand-in's drawings: the same for the same seed, as unbalanced as the course's set."""

import numpy as np

from hw4.windows import standin

SIZE = 64


def test_the_stand_in_is_the_same_for_the_same_seed():
    labels = standin.labels(10, 3, "test")
    ours, theirs, others = (
        np.stack([item[1] for item in standin.draw_all(labels, seed, "test", SIZE)])
        for seed in (3, 3, 4)
    )
    assert np.array_equal(ours, theirs) and not np.array_equal(ours, others)


def test_the_stand_in_is_as_unbalanced_as_the_course():
    counts = np.bincount(standin.labels(2000, 1, "train"))
    assert counts.sum() == 2000
    assert np.allclose(counts / 2000, np.array(standin.SHARES) / sum(standin.SHARES), atol=0.002)
