"""Batches that a user brings as a PyDataset are encoded in NumPy, as those of arrays are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from typing_extensions import override

from unetcolor import get_color_space
from unetcolor.codec import Codec
from unetcolor.images import to_float
from unetcolor.training import Hinting
from unetcolor.training.py_data import EncodedBatches, color_batch, count_of

LAB = Codec(get_color_space("lab"), stride=2)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types.
    def __init__(self, pictures: Any) -> None:
        super().__init__(workers=3)
        self.pictures = pictures
        self.epochs = [0, 0]

    @override
    def __len__(self) -> int:
        return len(self.pictures) // 4

    @override
    def __getitem__(self, index: int) -> Any:
        return self.pictures[4 * index : 4 * index + 4]

    @override
    def on_epoch_begin(self) -> None:
        self.epochs[0] += 1

    @override
    def on_epoch_end(self) -> None:
        self.epochs[1] += 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_dtype_means_the_same_colors(dtype: type, small_portraits: np.ndarray) -> None:
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    encoded = EncodedBatches(Batches((small_portraits * np.float64(scale)).astype(dtype)), LAB, None, 0)
    assert encoded.num_batches == 2
    given = [np.concatenate(parts) for parts in zip(encoded[0], encoded[1], strict=True)]
    for values, expected in zip(given, LAB.example(to_float(small_portraits)), strict=True):
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, expected, atol=2e-5)


def test_hints_follow_the_seed_and_change_each_epoch(small_portraits: np.ndarray) -> None:
    codec = Codec(get_color_space("lab"), hints=True)

    def made(seed: int) -> EncodedBatches:
        return EncodedBatches(Batches(small_portraits), codec, Hinting(without=0.0), seed)

    first, other = made(1), made(2)
    # In any order: threads read ahead.
    second = first[1][0], first[0][0]
    np.testing.assert_array_equal(second[1], made(1)[0][0])
    assert second[1][..., -1].any(axis=(1, 2)).all()
    assert not np.array_equal(second[1], other[0][0])
    first.on_epoch_end()
    assert not np.array_equal(second[1], first[0][0])


def test_the_source_is_told_when_epochs_begin_and_end_and_how_many_threads_read(small_portraits: np.ndarray) -> None:
    source = Batches(small_portraits)
    encoded = EncodedBatches(source, LAB, None, 0)
    assert encoded.workers == 3
    encoded.on_epoch_begin()
    encoded.on_epoch_end()
    assert source.epochs == [1, 1]


@pytest.mark.parametrize(
    ("batch", "given"),
    [
        (np.zeros((4, 8, 8, 1)), r"an array of shape \(4, 8, 8, 1\)"),
        (np.zeros((8, 8, 3)), r"an array of shape \(8, 8, 3\)"),
        ((np.zeros((4, 8, 8, 3)), 0), "tuple"),
    ],
    ids=["gray", "a single picture", "with labels"],
)
def test_other_batches_are_refused(batch: Any, given: str) -> None:
    class Other(Batches):
        @override
        def __getitem__(self, index: int) -> Any:
            return batch

    with pytest.raises(ValueError, match=f"and nothing else; this one returned {given}"):
        color_batch(Other([]), 0)


def test_it_must_say_how_many_batches_there_are(small_portraits: np.ndarray) -> None:
    assert count_of(Batches(small_portraits)) == 2
    with pytest.raises(ValueError, match="must say how many batches it has, at least one; this one says 0"):
        count_of(Batches([]))


def test_floats_out_of_range_are_refused() -> None:
    encoded = EncodedBatches(Batches(np.full((4, 4, 4, 3), 2.0, np.float32)), LAB, None, 0)
    with pytest.raises(ValueError, match=r"floats must be finite and in 0\.\.1"):
        encoded[0]
