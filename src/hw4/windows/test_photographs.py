"""Decoding, storing, clearing and splitting photographs."""

import io

import numpy as np
import pytest
from PIL import Image

from hw4.foundation.errors import UserError
from hw4.windows import data, duplicates, images, photographs, standin
from hw4.windows.photographs import Split
from hw4.windows.samples import (
    jpeg,
    labelled_files,
    saved,
    train_files,
    unlabelled_files,
    write_zip,
)

SPLIT = Split(seed=541, validation_share=0.2, held_out_share=0.2)
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
    with pytest.raises(images.BadImage, match=words):
        images.decode(content, SIZE)


def _build(places, train=None, test=None):
    write_zip(places / "windows_train_set.zip", train or train_files(12))
    write_zip(places / "windows_test_set.zip", test or labelled_files(3))
    return photographs.load(data.source(), SIZE, 100, SPLIT)


def test_a_handful_of_bad_files_is_listed_and_left_out(places):
    bad = {"train_set/Bay/notes.txt": b"words", "train_set/Bay/cut.jpg": jpeg(1, 0, 160)[:1500]}
    found = _build(places, train_files(12) | bad)
    assert {(it.where, it.name) for it in found.check.bad} == {("training", name) for name in bad}
    assert len(found.train) == 60 and found.check.train_counts == (12,) * 5


def test_many_bad_files_stop_the_build(places):
    bad = {f"train_set/Bay/b{place}.jpg": b"words" for place in range(30)}
    with pytest.raises(UserError, match=r"30 of 90 files are no usable photographs"):
        _build(places, train_files(12) | bad)


def test_too_few_photographs_of_a_class(places):
    few = {k: v for k, v in train_files(12).items() if "/Hung/" not in k or k.endswith("/1.jpg")}
    with pytest.raises(UserError, match="Only 1 usable photographs of the class Hung"):
        _build(places, few)


def test_copies_of_test_photographs_are_not_trained_on(places):
    test = labelled_files(3)
    same = test["test_set/Bay/3.jpg"]
    picture = Image.open(io.BytesIO(test["test_set/Fixed/6.jpg"]))
    again = saved(picture.resize((90, 90), Image.Resampling.LANCZOS), "JPEG", quality=70)
    copies = {"train_set/Bay/same.jpg": same, "train_set/Fixed/again.jpg": again}
    found = _build(places, train_files(12) | copies, test)
    assert (found.check.exact_duplicates, found.check.near_duplicates) == (1, 1)
    assert set(found.check.removed) == set(copies)
    used = {found.train.names[place] for place in (*found.fit, *found.validation)}
    assert not used & set(copies) and len(used) == 60


def test_copies_stay_on_one_side_of_the_split(places):
    files = train_files(12)
    copies = {
        name.replace(".jpg", " copy.jpg"): content
        for name, content in files.items()
        if name.endswith(("/1.jpg", "/2.jpg", "/3.jpg", "/4.jpg"))
    }
    found = _build(places, files | copies)
    assert found.check.duplicates_within == len(copies) and not found.check.contradictions
    hashes = duplicates.perceptual_hashes(duplicates.thumbnails(found.train.pixels))
    assert not set(hashes[found.fit]) & set(hashes[found.validation])


def test_the_split_is_stratified_and_complete(places):
    found = _build(places, train_files(20), unlabelled_files())
    assert not found.labelled and set(found.test.labels) == {-1}
    parts = (found.fit, found.validation, found.held_out)
    assert sorted(np.concatenate(parts)) == list(range(100))
    for part, each in zip(parts, (12, 4, 4), strict=True):
        assert np.bincount(found.train.labels[part]).tolist() == [each] * 5


def test_a_labelled_test_set_needs_no_held_out_part(places):
    found = _build(places)
    assert found.labelled and len(found.held_out) == 0
    assert np.bincount(found.test.labels).tolist() == [3] * 5


def test_photographs_are_decoded_once(places, monkeypatch):
    first = _build(places)
    assert isinstance(first.train.pixels, np.memmap)
    monkeypatch.setattr(images, "decode", lambda *_: pytest.fail("decoded again"))
    second = photographs.load(data.source(), SIZE, 100, SPLIT)
    assert np.array_equal(first.train.pixels, second.train.pixels)


def test_different_drawings_are_no_copies():
    labels = standin.labels(60, 1, "train")
    pixels = np.stack([item[1] for item in standin.draw_all(labels, 1, "train", SIZE)])
    assert len(duplicates.near_pairs(duplicates.Looks.of(pixels))) == 0


def test_copies_among_many_are_those_among_few(monkeypatch):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 8, 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    changed = pixels[:60] + random.normal(0, 20, (60, 64, 64, 3))
    pixels[-60:] = np.clip(changed, 0, 255)
    looks = duplicates.Looks.of(pixels)
    few = duplicates.near_pairs(looks)
    assert 40 <= len(few) <= 60
    monkeypatch.setattr(duplicates, "BLOCK", 1000)
    assert np.array_equal(duplicates.near_pairs(looks), few)


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
