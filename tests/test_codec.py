from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from unetcolor import get_color_space, list_color_spaces
from unetcolor.codec import Codec, average_blocks


def pictures(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((2, height, width, 3), dtype=np.float32)


@pytest.mark.parametrize("name", list_color_spaces())
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_arrays_tensors_and_datasets_are_encoded_alike(name: str, stride: int) -> None:
    codec = Codec(get_color_space(name), stride)
    rgb = pictures(7, 10)
    expected = codec.example(rgb)
    assert expected[0].shape == (2, 7, 10, codec.input_channels)
    assert expected[1].shape == (2, *codec.answer_size(7, 10), codec.output_channels)
    dataset = tf.data.Dataset.from_tensors(rgb).map(codec.example)
    for way in (codec.example(tf.constant(rgb)), next(iter(dataset))):
        for given_values, wanted in zip(way, expected, strict=True):
            np.testing.assert_allclose(given_values, wanted, atol=1e-4)
    np.testing.assert_array_equal(codec.inputs(rgb), expected[0])


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 2, 4, 8]))
def test_blocks_keep_what_is_even_and_stay_within_the_range(height: int, width: int, stride: int) -> None:
    values = pictures(height, width)
    small = average_blocks(values, stride)
    assert small.shape == (2, -(-height // stride), -(-width // stride), 3)
    assert small.min() >= values.min() - 1e-6
    assert small.max() <= values.max() + 1e-6
    np.testing.assert_allclose(average_blocks(np.full_like(values, 0.25), stride), 0.25)
    if height % stride == width % stride == 0:
        np.testing.assert_allclose(small.mean(axis=(1, 2)), values.mean(axis=(1, 2)), rtol=1e-5)


def test_an_odd_size_ends_with_the_pixels_that_are_left() -> None:
    row = np.array([[1.0], [3.0], [7.0]])[np.newaxis]
    np.testing.assert_array_equal(average_blocks(row, 2)[0, :, 0], [2.0, 7.0])


@pytest.mark.parametrize("name", list_color_spaces())
def test_colors_are_what_the_targets_stood_for(name: str) -> None:
    space = get_color_space(name)
    codec = Codec(space)
    rgb = pictures(5, 4)
    inputs, targets = codec.example(rgb)
    _, natural = space.encode(rgb)
    span = max(channel.high - channel.low for channel in space.targets)
    np.testing.assert_allclose(codec.colors(inputs, targets), natural, atol=1e-4 * span + space.precision)
    _, gray = space.encode(space.gray(space.encode(rgb)[0]))
    np.testing.assert_allclose(codec.colors(inputs, targets, saturation=0.0), gray, atol=1e-4 * span)


def test_plain_gray_has_the_luminance_of_the_picture() -> None:
    codec = Codec(get_color_space("lab"))
    rgb = (pictures(6, 5) * 255).astype(np.uint8)
    gray = codec.plain_gray(rgb)
    assert gray.dtype == np.uint8
    assert (gray == gray[..., :1]).all()
    np.testing.assert_allclose(codec.inputs(gray / np.float32(255)), codec.inputs(rgb / np.float32(255)), atol=0.003)
