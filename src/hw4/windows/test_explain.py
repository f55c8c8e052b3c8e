"""Maps of where a network looks."""

import numpy as np
import pytest
import torch

from hw4.windows import explain, model


@pytest.mark.parametrize("network", [model.ThreeConvolutions(5, 64), model.SmallResidual(5, 8)])
def test_maps_show_where_the_evidence_is(network, drawings):
    maps = explain.occlusion(network, drawings.store.pixels[:3], np.array([0, 1, 2]), 64, "cpu")
    assert maps.shape == (3, 64, 64) and maps.min() >= 0 and maps.max() <= 1
    assert explain.painted(drawings.store.pixels[:3], maps).shape == (3, 64, 64, 3)


def test_maps_point_at_the_only_thing_a_network_looks_at():
    class Bright(torch.nn.Module):
        """Calls a picture class 1 by its brightness."""

        def __init__(self):
            super().__init__()
            self.features = torch.nn.Sequential(torch.nn.AvgPool2d(8))

        def forward(self, images):
            total = self.features(images).sum((1, 2, 3)) / 4 - 2
            return torch.stack([-total, total], 1)

    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    pixels[:, 8:24, 40:56] = 255
    heat = explain.occlusion(Bright(), pixels, np.array([1]), 64, "cpu")[0]
    assert heat[10:22, 42:54].mean() > 5 * heat[40:, :30].mean() + 0.3
    turned = explain.occlusion(Bright(), pixels[:, :, ::-1], np.array([1]), 64, "cpu")[0]
    np.testing.assert_allclose(turned[:, ::-1], heat, atol=1e-5)


@pytest.mark.parametrize(("wrong", "shown"), [([2, 5, 7], [7, 5, 2]), ([], [9, 8, 7, 6])])
def test_the_surest_mistakes_come_first_and_right_answers_where_there_is_none(
    drawings, wrong, shown
):
    some = drawings.subset(np.arange(10))
    answers = some.targets.copy()
    answers[wrong] = (answers[wrong] + 1) % 5
    probabilities = np.full((10, 5), 1e-3)
    probabilities[np.arange(10), answers] = 0.5 + 0.05 * np.arange(10)
    network = model.ThreeConvolutions(5, 32)
    found, pictures = explain.gallery(network, some, probabilities, 4, 32, "cpu")
    assert [some.names.index(one.name) for one in found] == shown
    assert len(pictures["mistakes"]) == len(pictures["looked_at"]) == len(shown)
