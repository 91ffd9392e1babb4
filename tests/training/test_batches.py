from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor import UNetColorizer, get_color_space, list_color_spaces
from unetcolor.codec import Codec
from unetcolor.images import to_float
from unetcolor.training import Ageing, Augmentation
from unetcolor.training.batches import Batches, ValidationBatches, size_in, sizes_in_turn
from unetcolor.training.hinting import Hinting
from unetcolor.training.pictures import ArrayPictures, open_pictures
from unetcolor.training.sampling import InTurn
from unetcolor.training.shares import Shares

LAB = Codec(get_color_space("lab"))


def batches(pictures: Any, *, codec: Codec = LAB, shuffle: bool = True, seed: int = 1, **options: Any) -> Batches:
    opened = pictures if isinstance(pictures, ArrayPictures) else open_pictures(pictures)
    order = InTurn(len(opened), 3, shuffle=shuffle, seed=seed)
    usual = {"steps": order.steps, "sizes": ((1, opened.size),), "augment": None, "ageing": None, "epochs": (0, 9)}
    return Batches(opened, codec, order, seed=seed, **usual | options)


def epoch(made: Batches, number: int = 0, steps: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return all inputs and all targets of an epoch."""
    inputs, targets = zip(*(made[number * steps + i] for i in range(steps)), strict=True)
    return np.concatenate(inputs), np.concatenate(targets)


@pytest.mark.parametrize("name", list_color_spaces())
def test_batches_hold_what_the_codec_makes_of_the_pictures(name: str, small_portraits: np.ndarray) -> None:
    codec = Codec(get_color_space(name), stride=2)
    expected = codec.example(to_float(small_portraits))
    validation = ValidationBatches(open_pictures(small_portraits), codec, 3)
    for source in (batches(small_portraits, codec=codec, shuffle=False), validation):
        for given, wanted in zip(epoch(source), expected, strict=True):
            assert given.dtype == np.float32
            np.testing.assert_allclose(given, wanted, atol=1e-6)


def test_the_last_batch_may_be_short(small_portraits: np.ndarray) -> None:
    made = batches(small_portraits)
    assert [len(made[i][0]) for i in range(6)] == [3, 3, 2, 3, 3, 2]


AUGMENT = {"augment": Augmentation(), "ageing": Ageing(aged=0.5), "sizes": ((1, (16, 16)),)}


@pytest.mark.parametrize("options", [{}, AUGMENT], ids=["plain", "augmented"])
def test_batches_follow_the_seed_and_change_each_epoch(options: dict[str, Any], small_portraits: np.ndarray) -> None:
    first, again, other = (batches(small_portraits, seed=seed, **options) for seed in (1, 1, 2))
    zeroth, following = epoch(first), epoch(first, 1)
    np.testing.assert_array_equal(zeroth[0], epoch(again)[0])
    assert not np.array_equal(zeroth[0], following[0])
    assert not np.array_equal(zeroth[0], epoch(other)[0])
    # As if the epoch before had been taken.
    for given, wanted in zip(epoch(batches(small_portraits, epochs=(1, 2), **options)), following, strict=True):
        np.testing.assert_array_equal(given, wanted)
    # Whatever was asked for before.
    np.testing.assert_array_equal(first[1][0], again[1][0])


def test_shuffling_loses_no_picture(small_portraits: np.ndarray) -> None:
    means = [
        np.sort(epoch(batches(small_portraits, shuffle=shuffle))[0].mean(axis=(1, 2, 3))) for shuffle in (False, True)
    ]
    np.testing.assert_allclose(means[0], means[1], atol=1e-6)


def test_augmentation_keeps_luminance_and_targets_together(small_portraits: np.ndarray) -> None:
    inputs, targets = epoch(batches(small_portraits, augment=Augmentation(), sizes=((1, (20, 15)),)))
    assert inputs.shape == (8, 20, 15, 1)
    # Both come from one picture in color: encoding what they decode to gives them back.
    space = LAB.space
    rgb = space.decode(*space.denormalize(inputs, targets))
    np.testing.assert_allclose(space.normalize(*space.encode(rgb))[1], targets, atol=2e-3)


def test_ageing_changes_the_luminance_and_not_the_colors(small_portraits: np.ndarray) -> None:
    (plain, targets), (aged, of_aged) = (epoch(batches(small_portraits, ageing=a)) for a in (None, Ageing()))
    np.testing.assert_array_equal(targets, of_aged)
    assert np.abs(plain - aged).mean() > 0.01


def test_epochs_shorter_than_the_pictures_show_the_others_next(small_portraits: np.ndarray) -> None:
    short = batches(small_portraits, shuffle=False, steps=2)
    whole = epoch(batches(small_portraits, shuffle=False))[0]
    given = np.concatenate([short[i][0] for i in range(3)])
    np.testing.assert_array_equal(given, whole)


def test_sizes_come_in_turn(small_portraits: np.ndarray) -> None:
    sizes = sizes_in_turn(((2, 8), (1, (12, 10))))
    assert [size_in(sizes, i) for i in range(6)] == [(8, 8), (8, 8), (12, 10)] * 2
    made = batches(small_portraits, sizes=sizes)
    assert [made[3 * i][0].shape[1:3] for i in range(4)] == [(8, 8), (8, 8), (12, 10), (8, 8)]


@pytest.mark.parametrize("sizes", [(), 96, "96", (96, 128), ((1, 2, 3),), ((0, 96),), ((1, 0),), ((1, (8, 8, 8)),)])
def test_sizes_of_another_form_are_refused(sizes: Any) -> None:
    with pytest.raises(ValueError, match="sizes must be"):
        sizes_in_turn(sizes)


@pytest.mark.parametrize("augment", [False, True])
def test_fit_trains_on_sizes_in_turn(augment: bool, small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, sizes=((1, 16), (1, (24, 20))), epochs=3, augment=augment, verbose=0)
    assert colorizer.image_size == (24, 20)
    assert colorizer.training["epochs"] == 3


def test_a_fault_in_a_picture_reaches_the_caller(tmp_path: Any, portraits: np.ndarray) -> None:
    from unetcolor.images import write_image

    for i in range(4):
        write_image(tmp_path / f"{i}.png", portraits[i])
    opened = open_pictures(tmp_path, (16, 16))
    (tmp_path / "3.png").unlink()
    made = ValidationBatches(opened, LAB, 2)
    assert len(made[0][0]) == 2
    with pytest.raises(ValueError, match=r"3\.png"):
        made[1]


class Counted(ArrayPictures):
    """Pictures that count how many were read."""

    read = 0

    def __getitem__(self, index: int) -> np.ndarray:
        type(self).read += 1
        return super().__getitem__(index)


@pytest.mark.parametrize("options", [{}, AUGMENT], ids=["plain", "augmented"])
def test_shares_are_the_batch_and_no_process_reads_more(
    options: dict[str, Any], small_portraits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counted, "read", 0)
    counted = Counted(small_portraits)
    codec = Codec(get_color_space("lab"), hints=True)
    usual = {"codec": codec, "hinting": Hinting(without=0.2), "epochs": (0, 1), **options}
    whole, each = batches(small_portraits, **usual), [Shares(0, 1, 4), Shares(1, 2, 4), Shares(3, 1, 4)]
    parts = [batches(counted, **usual, shares=shares) for shares in each]
    for i in range(3):
        made = [
            part[i * shares.count + n] for part, shares in zip(parts, each, strict=True) for n in range(shares.count)
        ]
        for got, wanted in zip(zip(*made, strict=True), whole[i], strict=True):
            np.testing.assert_array_equal(np.concatenate(got), wanted)
    assert Counted.read == len(small_portraits)


def test_shares_of_validation_are_its_batches(small_portraits: np.ndarray) -> None:
    opened = open_pictures(small_portraits)
    whole, parts = (
        ValidationBatches(opened, LAB, 3),
        [ValidationBatches(opened, LAB, 3, Shares(i, 1, 2)) for i in (0, 1)],
    )
    assert [len(part) for part in parts] == [len(whole)] * 2 == [3, 3]
    for i in range(3):
        for got, wanted in zip(zip(*(part[i] for part in parts), strict=True), whole[i], strict=True):
            np.testing.assert_array_equal(np.concatenate(got), wanted)
