"""The derivation refuses what is no layer."""

import pytest

from hw4.foundation.errors import UserError
from hw4.transformer.derive import Dimensions


@pytest.mark.parametrize("heads", [3, 40])
def test_heads_must_divide_the_hidden_size(heads):
    with pytest.raises(UserError, match=rf"20 cannot be split into {heads} .* 1, 2, 4, 5, 10, 20"):
        Dimensions(heads=heads)


@pytest.mark.parametrize("heads", [0, -5])
def test_sizes_must_be_positive(heads):
    with pytest.raises(UserError, match=rf"positive heads, but it is {heads}"):
        Dimensions(heads=heads)
