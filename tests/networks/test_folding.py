"""A folded network answers as the network does, whatever it is made of, and the network stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from unetcolor import UNetColorizer, build_unet, list_presets
from unetcolor.networks.copying import UncopyableError, layers_of
from unetcolor.networks.encoders import encoder_from
from unetcolor.networks.folding import fold

rng = np.random.default_rng(0)


def as_trained(model: keras.Model) -> keras.Model:
    """Give normalization statistics as a trained network has them, and every bias a value."""
    ranges = {"gamma": (0.5, 2), "moving_variance": (0.3, 2), "beta": (0.1, 0.5), "moving_mean": (0.1, 0.5)}
    for layer in layers_of(model):
        if not isinstance(layer, keras.Model):
            for variable in layer.weights:
                if variable.name in ranges or variable.name == "bias":
                    variable.assign(rng.uniform(*ranges.get(variable.name, (-0.2, 0.2)), variable.shape))
    return model


def pixels(channels: int = 1) -> Any:
    return keras.Input((None, None, channels))


def head(inputs: Any, x: Any) -> keras.Model:
    return keras.Model(inputs, layers.Conv2D(2, 1, activation="sigmoid", name="output")(x))


def chain(*made: keras.layers.Layer) -> keras.Model:
    inputs = x = pixels()
    for layer in made:
        x = layer(x)
    return head(inputs, x)


def mobile_net_stages() -> keras.Model:
    """Return a network with an encoder whose stages are convolutions, each with a normalization after it."""
    backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(None, None, 3))
    return build_unet(1, 2, encoder=encoder_from(backbone, ["block_1_expand", "block_3_expand"]), filters=(4, 8))


def shared_convolution() -> keras.Model:
    inputs = pixels(4)
    convolution = layers.Conv2D(4, 3, padding="same")
    once = layers.BatchNormalization()(convolution(inputs))
    return head(inputs, layers.BatchNormalization()(convolution(once)))


def shared_normalization() -> keras.Model:
    inputs = pixels()
    normalization = layers.BatchNormalization()
    x = normalization(layers.Conv2D(4, 3, padding="same")(inputs))
    return head(inputs, normalization(layers.Conv2D(4, 3, padding="same")(x)))


def convolution_of_two_networks() -> keras.Model:
    inputs, inner = pixels(4), pixels(4)
    convolution = layers.Conv2D(4, 3, padding="same")
    network = keras.Model(inner, layers.BatchNormalization()(convolution(inner)))
    return head(inputs, convolution(network(inputs)))


def network_called_twice() -> keras.Model:
    inputs, inner = pixels(4), pixels(4)
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(inner))
    network = keras.Model(inner, x)
    return head(inputs, network(network(inputs)))


def read_by_another() -> keras.Model:
    inputs = pixels()
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    return head(inputs, layers.Add()([x, layers.BatchNormalization()(x)]))


def normalized_output() -> keras.Model:
    inputs = pixels()
    x = layers.Conv2D(2, 3, padding="same")(inputs)
    return keras.Model(inputs, layers.BatchNormalization(name="answer")(x))


def sequential_within() -> keras.Model:
    inputs = pixels()
    parts = [layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU()]
    return head(inputs, keras.Sequential(parts)(inputs))


def normalized_as_in_training() -> keras.Model:
    inputs = pixels()
    x = layers.Conv2D(4, 3, padding="same")(inputs)
    return head(inputs, layers.BatchNormalization()(x, training=True))


def frozen_normalization() -> keras.Model:
    model = build_unet(1, 2, filters=(4, 8), seed=1)
    for layer in model.layers:
        layer.trainable = not isinstance(layer, layers.BatchNormalization)
    return model


def own_statistics() -> keras.Model:
    """Return a network that begins with Keras' Normalization, which computes tensors from its weights."""
    first = layers.Normalization(axis=-1)
    model = chain(first, layers.Conv2D(4, 3), layers.BatchNormalization())
    first.adapt(rng.normal(3, 2, (4, 8, 8, 1)))
    return model


# What is left of the normalization in each.
MODELS: dict[str, tuple[Callable[[], keras.Model], int]] = {
    "classic": (lambda: build_unet(1, 2, filters=(8, 16), seed=1), 0),
    "nearest": (lambda: build_unet(1, 3, filters=(4, 8), upsampling="nearest", activation="tanh", seed=1), 0),
    "frozen": (frozen_normalization, 0),
    "stages that are convolutions": (mobile_net_stages, 1),
    "convolution called twice": (shared_convolution, 2),
    "normalization called twice": (shared_normalization, 1),
    "convolution of two networks": (convolution_of_two_networks, 1),
    "network called twice": (network_called_twice, 0),
    "read by another": (read_by_another, 1),
    "normalized output": (normalized_output, 0),
    "sequential": (sequential_within, 1),
    "as in training": (normalized_as_in_training, 1),
    "own statistics": (own_statistics, 0),
    "no bias": (lambda: chain(layers.Conv2D(4, 3, use_bias=False), layers.BatchNormalization()), 0),
    "no scale": (lambda: chain(layers.Conv2D(4, 3), layers.BatchNormalization(scale=False)), 0),
    "no center": (lambda: chain(layers.Conv2D(4, 3), layers.BatchNormalization(center=False)), 0),
    "groups": (lambda: chain(layers.Conv2D(4, 3), layers.Conv2D(4, 3, groups=2), layers.BatchNormalization()), 0),
    "transposed": (lambda: chain(layers.Conv2DTranspose(4, 2, 2), layers.BatchNormalization()), 0),
    "depthwise": (
        lambda: chain(layers.Conv2D(4, 3), layers.DepthwiseConv2D(3, use_bias=False), layers.BatchNormalization()),
        0,
    ),
    "depth multiplier": (
        lambda: chain(layers.Conv2D(4, 3), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.BatchNormalization()),
        0,
    ),
    "active convolution": (lambda: chain(layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()), 1),
    "other axis": (
        lambda: head(inputs := keras.Input((9, 9, 1)), layers.BatchNormalization(axis=1)(layers.Conv2D(4, 3)(inputs))),
        1,
    ),
}


def check(model: keras.Model, left: int, shape: tuple[int, ...]) -> None:
    layers_before = [layer.get_config() for layer in layers_of(model)]
    weights_before = [np.array(values) for values in model.get_weights()]
    folded = fold(model)
    for _ in range(2):
        batch = rng.random(shape, dtype=np.float32)
        expected = model.predict_on_batch(batch)
        np.testing.assert_allclose(folded.predict_on_batch(batch), expected, atol=1e-5)
    assert expected.std() > 0
    assert sum(isinstance(layer, layers.BatchNormalization) for layer in layers_of(folded)) == left
    assert [layer.get_config() for layer in layers_of(model)] == layers_before
    assert not {id(layer) for layer in layers_of(model)} & {id(layer) for layer in layers_of(folded)}
    for kept, values in zip(weights_before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(values, kept)


@pytest.mark.parametrize("name", MODELS)
def test_a_folded_network_answers_as_the_network_does(name: str) -> None:
    make, left = MODELS[name]
    model = as_trained(make())
    check(model, left, (2, 9, 9, model.input_shape[-1]))


@pytest.mark.parametrize("name", list_presets())
def test_presets_lose_all_their_normalization(name: str) -> None:
    model = UNetColorizer.from_preset(name).model
    check(model, 0, (1, 40, 33, model.input_shape[-1]))


def test_a_folded_network_is_a_plain_model_of_keras(tmp_path: Any) -> None:
    folded = fold(as_trained(mobile_net_stages()))
    folded.save(tmp_path / "folded.keras")
    batch = rng.random((1, 32, 20, 1), dtype=np.float32)
    opened = keras.saving.load_model(tmp_path / "folded.keras")
    np.testing.assert_array_equal(opened.predict_on_batch(batch), folded.predict_on_batch(batch))


def test_a_network_that_was_compiled_with_a_loss_of_its_users_is_folded() -> None:
    model = build_unet(1, 2, filters=(4, 8), seed=1)
    model.compile("adam", lambda truth, predicted: keras.ops.mean(truth - predicted))
    check(model, 0, (1, 9, 9, 1))


def test_a_copy_draws_no_random_numbers() -> None:
    model = build_unet(1, 2, filters=(4, 8))
    keras.utils.set_random_seed(1)
    expected = keras.random.normal((3,)), keras.initializers.RandomNormal()((3,))
    keras.utils.set_random_seed(1)
    fold(model)
    found = keras.random.normal((3,)), keras.initializers.RandomNormal()((3,))
    np.testing.assert_array_equal(found, expected)


def test_a_network_that_cannot_be_copied_says_so() -> None:
    class Demanding(layers.Layer):
        def __init__(self, factor: Any) -> None:
            super().__init__()
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

    class Own(type(chain())):  # type: ignore[misc]
        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            return 2 * super().call(inputs, training, mask)

    inputs = pixels()
    with pytest.raises(UncopyableError, match="cannot be copied"):
        fold(chain(Demanding(np.float32(2))))
    with pytest.raises(UncopyableError, match="of a class of its own, Own"):
        fold(Own(inputs, layers.Conv2D(2, 1)(inputs)))
