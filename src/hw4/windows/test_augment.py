"""Variations keep the class: no quarter turn, mirrored left to right alone."""

import torch

from hw4.windows import augment


def test_no_variation_is_a_quarter_turn():
    """A quarter turn makes a hung window of a sliding one: up must stay up."""
    maps = augment.geometry(4000, 1.0, torch.Generator().manual_seed(1))
    right, down = maps[:, :, 0], maps[:, :, 1]
    assert (down[:, 1] > 0).all(), "nothing is turned over"
    assert (down[:, 0].abs() < 0.2 * down[:, 1]).all(), "vertical stays vertical"
    assert (right[:, 1].abs() < 0.2 * right[:, 0].abs()).all(), "level stays level"
    mirrored = (right[:, 0] < 0).float().mean()
    assert 0.45 < mirrored < 0.55


def test_variations_of_a_hung_window_keep_its_rail_level():
    image = torch.full((1, 64, 64, 3), 200, dtype=torch.uint8)
    image[:, 30:34] = 0  # the meeting rail
    for seed in range(30):
        seen = augment.varied(image, 64, 1.0, torch.Generator().manual_seed(seed))[0].mean(0)
        across, down = seen.std(1).mean(), seen.std(0).mean()
        assert down > across


def test_pictures_stay_inside_and_follow_the_generator():
    pixels = torch.full((4, 64, 64, 3), 255, dtype=torch.uint8)
    pixels[:, ::2] = torch.randint(0, 255, (4, 32, 64, 3), dtype=torch.uint8)
    one, other = (
        augment.varied(pixels, 32, 1.0, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert one.shape == (4, 3, 32, 32) and torch.equal(one, other) and one.isfinite().all()
    assert one.min() >= 0 and one.max() <= 1, "however bright it was made"


def test_plain_images_are_the_bytes():
    pixels = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    assert torch.equal((augment.plain(pixels, 32) * 255).round().byte(), pixels.permute(0, 3, 1, 2))
    smaller = augment.plain(pixels, 16)
    assert smaller.shape == (2, 3, 16, 16) and smaller.min() >= 0 and smaller.max() <= 1


def test_each_image_of_a_batch_gets_a_map_of_its_own():
    maps = augment.geometry(50, 1.0, torch.Generator().manual_seed(2))
    assert len(torch.unique(maps[:, 0, 0])) == 50


def test_half_the_strength_goes_half_as_far():
    full, half = (augment.geometry(2000, it, torch.Generator().manual_seed(1)) for it in (1.0, 0.5))
    for place in ((1, 0), (0, 2), (1, 2)):
        ratio = half[:, *place].abs().mean() / full[:, *place].abs().mean()
        assert 0.4 < ratio < 0.6
    assert (half[:, 0, 0] < 0).float().mean() == (full[:, 0, 0] < 0).float().mean()
