"""Decoding photographs, and the store of their pixels."""

import numpy as np
import pytest
from PIL import Image

from hw4.foundation.archive import BadFile
from hw4.windows import images
from hw4.windows.made_up import jpeg, saved

SIZE = 64


def _halves() -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (60, 40), (200, 30, 30))
    image.paste((30, 30, 200), (30, 0, 60, 40))
    return image


def _palette() -> bytes:
    return saved(_halves().quantize(8), "PNG")


def _grey16() -> bytes:
    return saved(Image.fromarray(np.full((40, 60), 40000, np.uint16)), "PNG")


@pytest.mark.parametrize(
    "content",
    [
        saved(_halves(), "JPEG", quality=95),
        saved(_halves().convert("CMYK"), "JPEG", quality=95),
        _palette(),
        saved(_halves().convert("RGBA"), "PNG"),
        saved(_halves(), "WEBP", quality=95),
    ],
    ids=["RGB", "CMYK", "palette", "RGBA", "WebP"],
)
def test_every_mode_becomes_rgb(content):
    pixels = images.decode(content, SIZE).astype(int)
    assert pixels.shape == (SIZE, SIZE, 3)
    left, right = pixels[:, :24].mean((0, 1)), pixels[:, -24:].mean((0, 1))
    assert left[0] > left[2] + 80 and right[2] > right[0] + 80


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (saved(Image.new("L", (50, 50), 90), "JPEG"), 90),
        (saved(Image.new("1", (50, 50), 1), "PNG"), 255),
        (saved(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"), 255),
        (_grey16(), 40000 * 255 // 65535),
    ],
    ids=["grey", "black and white", "transparent", "16 bit"],
)
def test_grey_and_transparent(content, value):
    assert np.allclose(images.decode(content, SIZE).astype(int), value, atol=3)


def test_exif_rotation_is_undone():
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn a quarter clockwise to show"
    pixels = images.decode(saved(_halves(), "JPEG", quality=95, exif=exif), SIZE).astype(int)
    top, bottom = pixels[:24].mean((0, 1)), pixels[-24:].mean((0, 1))
    assert top[0] > top[2] + 80 and bottom[2] > bottom[0] + 80


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"only words", "not an image"),
        (jpeg(0, 0, 160)[:1500], "damaged"),
        (saved(Image.new("RGB", (3, 500)), "PNG"), "3 × 500 pixels"),
        (saved(Image.new("1", (40000, 40000)), "PNG"), "pixels"),
    ],
    ids=["empty", "text", "truncated", "sliver", "decompression bomb"],
)
def test_what_is_no_photograph(content, words):
    with pytest.raises(BadFile, match=words):
        images.decode(content, SIZE)


def test_the_limit_of_pixels_is_kept(monkeypatch):
    """Pillow's own limit lies higher: without ours, such a picture would be decoded."""
    picture = saved(Image.new("RGB", (40, 50)), "PNG")
    monkeypatch.setattr(images, "MAX_PIXELS", 2000)
    assert images.decode(picture, 32).shape == (32, 32, 3)
    monkeypatch.setattr(images, "MAX_PIXELS", 1999)
    with pytest.raises(BadFile, match="40 × 50 pixels"):
        images.decode(picture, 32)


def test_a_store_is_written_once_and_mapped(tmp_path, monkeypatch):
    monkeypatch.setenv("HW4_STORE", str(tmp_path))
    items = [("a.jpg", np.full((8, 8, 3), 7, np.uint8), "hash", ""), ("b", None, "", "why")]
    first = images.stored("key", 8, iter(items))
    assert isinstance(first.pixels, np.memmap) and (first.pixels == 7).all()
    assert first.bad == (("b", "why"),) and first.names == ("a.jpg",)
    again = images.stored("key", 8, iter([]))
    assert np.array_equal(again.pixels, first.pixels)
