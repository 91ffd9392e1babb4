"""Training in one operation instead of many, and in bfloat16, changes nothing but the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer, build_unet, samples
from unetcolor.networks import arithmetic
from unetcolor.networks.arithmetic import has_bfloat16
from unetcolor.training.fused import use_fast_training

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
PRECISIONS = ["float32", pytest.param("bfloat16", marks=needs_bfloat16)]

rng = np.random.default_rng(0)
X = rng.random((8, 24, 20, 1), dtype=np.float32)
Y = rng.random((8, 24, 20, 2), dtype=np.float32)


def small() -> keras.Model:
    model = build_unet(1, 2, filters=(8, 16), dropout=0.0, seed=1)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    return model


def steps(model: keras.Model, count: int = 1) -> keras.Model:
    for _ in range(count):
        model.train_on_batch(X, Y)
    return model


def test_a_step_does_what_a_step_of_keras_does() -> None:
    fast, plain = small(), steps(small())
    use_fast_training(fast, "float32")
    steps(fast)
    names = [variable.path for variable in plain.variables]
    for name, ours, keras_own in zip(names, fast.get_weights(), plain.get_weights(), strict=True):
        # Statistics included, which the operation itself returns for n - 1.
        np.testing.assert_allclose(ours, keras_own, atol=2e-6, err_msg=name)


@needs_bfloat16
def test_steps_in_bfloat16_go_the_same_way() -> None:
    fast, plain, before = small(), steps(small(), 5), small()
    use_fast_training(fast, "bfloat16")
    steps(fast, 5)
    for ours, keras_own, first in zip(fast.get_weights(), plain.get_weights(), before.get_weights(), strict=True):
        way = np.linalg.norm(keras_own - first)
        assert np.linalg.norm(ours - keras_own) <= 0.1 * way + 1e-3


@needs_bfloat16
def test_bfloat16_is_computed_in_while_training_only() -> None:
    seen: dict[bool, set[Any]] = {True: set(), False: set()}

    class Spy(keras.layers.Layer):
        def call(self, inputs: Any, training: bool = False) -> Any:
            seen[bool(training)].add(keras.backend.standardize_dtype(inputs.dtype))
            return inputs

    inputs = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    x = Spy()(keras.layers.Conv2D(4, 3, padding="same")(x))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, name="output")(x))
    model.compile("sgd", "mae")
    use_fast_training(model, "bfloat16")
    for values in seen.values():
        values.clear()
    steps(model)
    model.predict_on_batch(X)
    assert seen == {True: {"bfloat16"}, False: {"float32"}}
    assert model(X, training=True).dtype == tf.float32


@needs_bfloat16
def test_depthwise_convolutions_stay_float32() -> None:
    seen = set()

    class Spy(keras.layers.DepthwiseConv2D):
        def call(self, inputs: Any) -> Any:
            seen.add(keras.backend.standardize_dtype(inputs.dtype))
            return super().call(inputs)

    inputs = keras.Input((None, None, 1))
    x = inputs
    for layer in (keras.layers.Conv2D(4, 1), keras.layers.Conv2D(4, 1), Spy(3, padding="same")):
        x = layer(x)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 1, name="output")(x))
    model.compile("sgd", "mae")
    use_fast_training(model, "bfloat16")
    seen.clear()
    steps(model)
    assert seen == {"float32"}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_layers_stay_as_they_are(precision: str, small_portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    before = [layer.get_config() for layer in colorizer.model.layers]
    during = []

    class Spy(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            during.append([layer.get_config() for layer in self.model.layers])

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            colorizer.save(tmp_path / "during.keras")
            self.predicted = colorizer.predict(small_portraits, precision="float32")

    spy = Spy()
    colorizer.fit(small_portraits, epochs=1, precision=precision, callbacks=[spy], verbose=0)
    assert during == [before]
    # What a callback saves and predicts is what the float32 network says.
    loaded = UNetColorizer.load(tmp_path / "during.keras")
    np.testing.assert_array_equal(loaded.predict(small_portraits, precision="float32"), spy.predicted)
    plain = keras.saving.load_model(tmp_path / "during.keras")
    assert {layer.dtype_policy.name for layer in plain.layers} == {"float32"}


@needs_bfloat16
def test_another_precision_holds_from_the_next_call_on() -> None:
    def losses(*precisions: str) -> list[float]:
        model = small()
        found = []
        for precision in precisions:
            use_fast_training(model, precision)  # type: ignore[arg-type]
            found.append(model.fit(X, Y, verbose=0, shuffle=False).history["loss"][0])
        return found

    (exact, _), (exact_again, rounded), (rounded_first,) = (
        losses("float32", "float32"),
        losses("float32", "bfloat16"),
        losses("bfloat16"),
    )
    assert exact == exact_again
    assert rounded_first != exact
    assert rounded != losses("float32", "float32")[1]


def test_statistics_of_a_frozen_encoder_stay() -> None:
    colorizer = UNetColorizer("lab", encoder="efficientnet_lite0", filters=(4, 4, 4, 4, 4), head_stride=2, seed=1)
    encoder = next(layer for layer in colorizer.model.layers if isinstance(layer, keras.Model))
    encoder.trainable = False
    before = [np.array(weight) for weight in encoder.get_weights()]
    colorizer.fit(samples.load_portraits()[:4, ::2, ::2], epochs=1, verbose=0)
    for kept, weight in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, kept)


def test_normalization_that_is_not_the_usual_one_is_left_to_keras() -> None:
    def made() -> keras.Model:
        inputs = keras.Input((24, 20, 1))
        x = keras.layers.BatchNormalization(scale=False)(inputs)
        x = keras.layers.BatchNormalization(axis=1)(x)
        x = keras.layers.BatchNormalization(name="usual")(x)
        outputs = keras.layers.Conv2D(2, 1, kernel_initializer="ones", name="output")(x)
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.1), "mae")
        return model

    fast, plain = made(), steps(made())
    use_fast_training(fast, "float32")
    steps(fast)
    for ours, keras_own in zip(fast.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=1e-5)


def test_a_precision_that_is_not_there_is_refused_before_any_work(
    small_portraits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8))
    with pytest.raises(ValueError, match="precision must be one of auto, float32, bfloat16, not 'float16'"):
        colorizer.fit(small_portraits, precision="float16")  # type: ignore[arg-type]
    monkeypatch.setattr(arithmetic, "has_bfloat16", lambda: False)
    with pytest.raises(ValueError, match="no instructions for bfloat16"):
        colorizer.fit(small_portraits, precision="bfloat16")
    assert colorizer.training == {}


def test_a_step_of_ones_own_stays() -> None:
    model, seen = small(), []

    def step(data: Any) -> Any:
        seen.append(data)
        return type(model).train_step(model, data)

    model.train_step = step
    use_fast_training(model, "auto")
    steps(model)
    assert len(seen) == 1
