from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from typing_extensions import override

from unetcolor import get_color_space, list_color_spaces
from unetcolor.images import to_float
from unetcolor.training.pictures import open_pictures
from unetcolor.training.tf_data import encode_pictures, encode_stream

LAB = get_color_space("lab")


def arrays(dataset: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return all luminance and all targets of one epoch."""
    luminance, targets = zip(*dataset.as_numpy_iterator(), strict=True)
    return np.concatenate(luminance), np.concatenate(targets)


def encode(pictures: np.ndarray, **options: object) -> tf.data.Dataset:
    return encode_pictures(open_pictures(pictures), LAB, **{"batch_size": 3, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list_color_spaces())
def test_the_pipeline_encodes_as_the_space_does(name: str, small_portraits: np.ndarray) -> None:
    space = get_color_space(name)
    dataset = encode_pictures(open_pictures(small_portraits), space, batch_size=3)
    expected = space.normalize(*space.encode(to_float(small_portraits)))
    for given, wanted in zip(arrays(dataset), expected, strict=True):
        assert given.dtype == np.float32
        np.testing.assert_allclose(given, wanted, atol=2e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
def test_every_dtype_means_the_same_colors(dtype: type, small_portraits: np.ndarray) -> None:
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    given = arrays(encode((small_portraits * np.float64(scale)).astype(dtype)))
    for values, expected in zip(given, arrays(encode(small_portraits)), strict=True):
        np.testing.assert_allclose(values, expected, atol=5e-3 if dtype is np.float16 else 1e-5)


def test_the_last_batch_may_be_short(small_portraits: np.ndarray) -> None:
    assert [len(x) for x, _ in encode(small_portraits)] == [3, 3, 2]


@pytest.mark.parametrize("augment_to", [None, (16, 16)])
def test_order_and_augmentation_follow_the_seed_and_change_each_epoch(
    augment_to: tuple[int, int] | None, small_portraits: np.ndarray
) -> None:
    first, again, other = (
        encode(small_portraits, shuffle=True, augment_to=augment_to, seed=seed) for seed in (1, 1, 2)
    )
    epochs = [arrays(first)[0], arrays(first)[0]]
    np.testing.assert_array_equal(epochs[0], arrays(again)[0])
    np.testing.assert_array_equal(epochs[1], arrays(again)[0])
    assert not np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], arrays(other)[0])


def test_shuffling_loses_no_picture(small_portraits: np.ndarray) -> None:
    means = [np.sort(arrays(encode(small_portraits, shuffle=s))[0].mean(axis=(1, 2, 3))) for s in (False, True)]
    np.testing.assert_allclose(means[0], means[1], atol=1e-6)


def test_augmentation_keeps_luminance_and_targets_together(small_portraits: np.ndarray) -> None:
    luminance, targets = arrays(encode(small_portraits, augment_to=(20, 15), seed=3))
    assert luminance.shape == (8, 20, 15, 1)
    # Both come from one picture in color: encoding what they decode to gives them back.
    rgb = LAB.decode(*LAB.denormalize(luminance, targets))
    np.testing.assert_allclose(LAB.normalize(*LAB.encode(rgb))[1], targets, atol=2e-3)


def test_augmentation_flips_half_of_the_pictures() -> None:
    # Dark on the left, light on the right: any flip shows, whatever the crop.
    ramp = np.broadcast_to(np.linspace(0, 1, 32, dtype=np.float32)[None, None, :, None], (200, 32, 32, 3))
    luminance, _ = arrays(encode(ramp, augment_to=(16, 16), seed=0))
    flipped = luminance[:, :, 0].mean(axis=(1, 2)) > luminance[:, :, -1].mean(axis=(1, 2))
    assert 0.35 < flipped.mean() < 0.65


class Batches(keras.utils.PyDataset):
    def __init__(self, pictures: np.ndarray) -> None:
        super().__init__()
        self.pictures = pictures
        self.epochs_ended = 0

    @override
    def __len__(self) -> int:
        return len(self.pictures) // 4

    @override
    def __getitem__(self, index: int) -> np.ndarray:
        return self.pictures[4 * index : 4 * index + 4]

    @override
    def on_epoch_end(self) -> None:
        self.epochs_ended += 1


def test_streams_give_what_arrays_give(small_portraits: np.ndarray) -> None:
    expected = arrays(encode(small_portraits))
    py_dataset = Batches(small_portraits)
    for stream in (py_dataset, tf.data.Dataset.from_tensor_slices(small_portraits).batch(4)):
        encoded = encode_stream(stream, LAB)
        assert encoded.cardinality() == 2
        for given, wanted in zip(arrays(encoded), expected, strict=True):
            np.testing.assert_allclose(given, wanted, atol=1e-5)
    assert py_dataset.epochs_ended == 1


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

    with pytest.raises(ValueError, match="and nothing beside them; this one returned tuple"):
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
    pictures = np.zeros((2, 4, 4, 3), np.uint8)
    stream = tf.data.Dataset.from_tensor_slices(pictures).batch(2).with_options(options)
    assert encode_stream(stream, LAB).options().autotune.enabled is bool(chosen)
    assert encode(pictures).options().autotune.enabled is False
