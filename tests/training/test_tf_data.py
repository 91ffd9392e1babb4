from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from typing_extensions import override

from unetcolor import get_color_space
from unetcolor.codec import Codec
from unetcolor.images import to_float
from unetcolor.training.tf_data import as_dataset, encode_stream

LAB = Codec(get_color_space("lab"))


def arrays(dataset: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return all inputs and all targets of one epoch."""
    inputs, targets = zip(*dataset.as_numpy_iterator(), strict=True)
    return np.concatenate(inputs), np.concatenate(targets)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
def test_every_dtype_means_the_same_colors(dtype: type, small_portraits: np.ndarray) -> None:
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    pictures = (small_portraits * np.float64(scale)).astype(dtype)
    given = arrays(encode_stream(tf.data.Dataset.from_tensors(pictures), LAB))
    for values, expected in zip(given, LAB.example(to_float(small_portraits)), strict=True):
        np.testing.assert_allclose(values, expected, atol=5e-3 if dtype is np.float16 else 2e-5)


class Batches(keras.utils.PyDataset):
    def __init__(self, pictures: np.ndarray) -> None:
        super().__init__()
        self.pictures = pictures
        self.epochs_begun = self.epochs_ended = 0

    @override
    def __len__(self) -> int:
        return len(self.pictures) // 4

    @override
    def __getitem__(self, index: int) -> np.ndarray:
        return self.pictures[4 * index : 4 * index + 4]

    @override
    def on_epoch_begin(self) -> None:
        self.epochs_begun += 1

    @override
    def on_epoch_end(self) -> None:
        self.epochs_ended += 1


def test_streams_give_what_arrays_give(small_portraits: np.ndarray) -> None:
    expected = LAB.example(to_float(small_portraits))
    py_dataset = Batches(small_portraits)
    for stream in (py_dataset, tf.data.Dataset.from_tensor_slices(small_portraits).batch(4)):
        encoded = encode_stream(stream, LAB)
        assert encoded.cardinality() == 2
        for given, wanted in zip(arrays(encoded), expected, strict=True):
            np.testing.assert_allclose(given, wanted, atol=2e-5)
    assert (py_dataset.epochs_begun, py_dataset.epochs_ended) == (1, 1)


@pytest.mark.parametrize(
    "dataset",
    [
        tf.data.Dataset.from_tensor_slices(np.zeros((4, 8, 8, 3), np.uint8)),
        tf.data.Dataset.from_tensors(np.zeros((4, 8, 8, 1), np.uint8)),
        tf.data.Dataset.from_tensors(np.zeros((4, 8, 8, 3), np.int32)),
        tf.data.Dataset.from_tensors((np.zeros((4, 8, 8, 3), np.uint8), np.zeros(4))),
    ],
    ids=["single pictures", "gray", "integers", "with labels"],
)
def test_other_datasets_are_refused(dataset: tf.data.Dataset) -> None:
    with pytest.raises(ValueError, match="must yield batches of color pictures"):
        encode_stream(dataset, LAB)


def test_a_py_dataset_of_pairs_is_refused(small_portraits: np.ndarray) -> None:
    class Pairs(Batches):
        @override
        def __getitem__(self, index: int) -> np.ndarray:
            return (super().__getitem__(index), 0)  # type: ignore[return-value]

    with pytest.raises(ValueError, match="and nothing else; this one returned tuple"):
        encode_stream(Pairs(small_portraits), LAB)


def test_a_py_dataset_may_change_its_sizes_and_must_have_an_end(small_portraits: np.ndarray) -> None:
    class Varying(Batches):
        @override
        def __getitem__(self, index: int) -> np.ndarray:
            return super().__getitem__(index)[:, : 8 + index]

    assert [x.shape[1] for x, _ in encode_stream(Varying(small_portraits), LAB)] == [8, 9]

    class Endless(Batches):
        @property
        def num_batches(self) -> None:
            return None

    for source in (Endless(small_portraits), Batches(small_portraits[:0])):
        with pytest.raises(ValueError, match="must say how many batches it has"):
            encode_stream(source, LAB)


@pytest.mark.parametrize("value", [np.nan, 2.0, -1.0])
def test_floats_out_of_range_in_a_stream_stop_it(value: float) -> None:
    stream = tf.data.Dataset.from_tensors(np.full((1, 4, 4, 3), value, np.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be finite and in 0\.\.1"):
        arrays(encode_stream(stream, LAB))


@pytest.mark.parametrize("chosen", [None, True, False])
def test_epochs_wait_for_no_tuning_thread_unless_a_dataset_asks_for_it(chosen: bool | None) -> None:
    options = tf.data.Options()
    if chosen is not None:
        options.autotune.enabled = chosen
    stream = tf.data.Dataset.from_tensor_slices(np.zeros((2, 4, 4, 3), np.uint8)).batch(2).with_options(options)
    assert encode_stream(stream, LAB).options().autotune.enabled is bool(chosen)


class Examples(keras.utils.PyDataset):
    """Batches of examples that count themselves, with or without an end."""

    def __init__(self, sizes: list[tuple[int, int]], has_end: bool) -> None:
        super().__init__()
        self.sizes = sizes
        self.has_end = has_end

    @property
    def num_batches(self) -> int | None:
        return len(self.sizes) if self.has_end else None

    @override
    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        height, width = self.sizes[index % len(self.sizes)]
        return LAB.example(np.full((2, height, width, 3), index / 255, np.float32))


@pytest.mark.parametrize("has_end", [True, False])
def test_batches_become_a_dataset_in_their_order(has_end: bool) -> None:
    sizes = [(8, 6), (4, 4), (8, 6)]
    batches = Examples(sizes, has_end)
    dataset = as_dataset(batches, LAB, set(sizes))
    assert int(dataset.cardinality()) == (3 if has_end else tf.data.INFINITE_CARDINALITY)
    assert not dataset.options().autotune.enabled
    for i, (inputs, targets) in enumerate(dataset.take(3 if has_end else 5).as_numpy_iterator()):
        for given, expected in zip((inputs, targets), batches[i], strict=True):
            np.testing.assert_array_equal(given, expected)


def test_one_size_is_known_to_the_graph() -> None:
    spec = as_dataset(Examples([(9, 6)], True), Codec(get_color_space("lab"), 2), {(9, 6)}).element_spec
    assert [tuple(part.shape) for part in spec] == [(None, 9, 6, 1), (None, 5, 3, 2)]
