"""Training in one operation instead of many, and in bfloat16, changes nothing but the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer, build_unet, samples
from unetcolor.networks import precision
from unetcolor.networks.precision import has_bfloat16
from unetcolor.training.fused import training_view

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")
PRECISIONS = ["float32", pytest.param("bfloat16", marks=needs_bfloat16)]

rng = np.random.default_rng(0)
X = rng.random((8, 24, 20, 1), dtype=np.float32)
Y = rng.random((8, 24, 20, 2), dtype=np.float32)


def small() -> keras.Model:
    model = build_unet(1, 2, filters=(8, 16), dropout=0.0, seed=1)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    return model


def view_of(model: keras.Model, precision: Any = "float32") -> keras.Model:
    view = training_view(model, precision)
    assert view is not model
    view.compile(model.optimizer, "mae")
    return view


def steps(model: keras.Model, count: int = 1) -> keras.Model:
    for _ in range(count):
        model.train_on_batch(X, Y)
    return model


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in bfloat16, which TensorFlow does on every processor, if not faster."""
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)


def test_a_step_does_what_a_step_of_keras_does() -> None:
    fast, plain = small(), steps(small())
    steps(view_of(fast))
    names = [variable.path for variable in plain.variables]
    for name, ours, keras_own in zip(names, fast.get_weights(), plain.get_weights(), strict=True):
        # Statistics included, which the operation itself returns for n - 1.
        np.testing.assert_allclose(ours, keras_own, atol=2e-6, err_msg=name)


@pytest.mark.usefixtures("bfloat16")
def test_steps_in_bfloat16_go_the_same_way() -> None:
    fast, plain, before = small(), steps(small(), 5), small()
    steps(view_of(fast, "bfloat16"), 5)
    for ours, keras_own, first in zip(fast.get_weights(), plain.get_weights(), before.get_weights(), strict=True):
        way = np.linalg.norm(keras_own - first)
        assert np.linalg.norm(ours - keras_own) <= 0.1 * way + 1e-3


def test_whoever_holds_the_network_can_stop_its_training(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)

    def stop(epoch: int, logs: dict[str, float]) -> None:
        colorizer.model.stop_training = True

    callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
    history = colorizer.fit(small_portraits, epochs=3, callbacks=[callback], verbose=0)
    assert len(history.history["loss"]) == 1
    assert colorizer.model.history is history
    # The next training is not stopped by the last one's word.
    assert len(colorizer.fit(small_portraits, epochs=2, verbose=0).history["loss"]) == 2


@pytest.mark.usefixtures("bfloat16")
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
    view = view_of(model, "bfloat16")
    for values in seen.values():
        values.clear()
    steps(view)
    view.predict_on_batch(X)
    model.predict_on_batch(X)
    assert seen == {True: {"bfloat16"}, False: {"float32"}}
    assert model(X, training=True).dtype == tf.float32


@pytest.mark.usefixtures("bfloat16")
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
    view = view_of(model, "bfloat16")
    seen.clear()
    steps(view)
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


@pytest.mark.usefixtures("bfloat16")
def test_another_precision_holds_from_the_next_fit_on(small_portraits: np.ndarray) -> None:
    def losses(*precisions: Any) -> list[float]:
        colorizer = UNetColorizer("lab", filters=(4, 8), dropout=0.0, seed=1)
        return [
            colorizer.fit(small_portraits, epochs=1, precision=precision, shuffle=False, verbose=0).history["loss"][0]
            for precision in precisions
        ]

    exact, exact_again = losses("float32", "float32")
    first, rounded = losses("float32", "bfloat16")
    assert first == exact
    assert rounded != exact_again
    assert losses("bfloat16") != [exact]


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
    steps(view_of(fast))
    for ours, keras_own in zip(fast.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=1e-5)


def test_a_precision_that_is_not_there_is_refused_before_any_work(
    small_portraits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8))
    with pytest.raises(ValueError, match="precision must be one of auto, float32, bfloat16, not 'float16'"):
        colorizer.fit(small_portraits, precision="float16")  # type: ignore[arg-type]
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    with pytest.raises(ValueError, match="no instructions for bfloat16"):
        colorizer.fit(small_portraits, precision="bfloat16")
    assert colorizer.training == {}
    assert not colorizer.model.compiled


def test_a_step_of_ones_own_stays() -> None:
    model, seen = small(), []

    def step(data: Any) -> Any:
        seen.append(data)
        return type(model).train_step(model, data)

    model.train_step = step
    assert training_view(model, "auto") is model
    steps(model)
    assert len(seen) == 1


def test_a_step_of_a_class_of_ones_own_stays() -> None:
    class Own(type(small())):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    plain = small()
    model = Own(plain.inputs, plain.outputs)
    assert training_view(model, "auto") is model


def test_the_network_is_not_changed_but_by_its_training() -> None:
    model = small()
    before = {name: value for name, value in vars(model).items() if name != "_functional"}
    layers = [(layer, vars(layer).copy(), layer.get_config()) for layer in model.layers]
    view = steps(view_of(model))
    assert vars(model).keys() == before.keys()
    for layer, (kept, names, config) in zip(model.layers, layers, strict=True):
        assert layer is kept
        assert vars(layer).keys() == names.keys()
        assert layer.get_config() == config
    assert [variable.path for variable in view.variables] == [variable.path for variable in model.variables]
    for seen, own in zip(view.variables, model.variables, strict=True):
        assert seen is own


def test_losses_of_layers_and_regularizers_count() -> None:
    class Charging(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(keras.ops.mean(inputs**2))
            return inputs

    def made() -> keras.Model:
        inputs = keras.Input((None, None, 1))
        x = keras.layers.Conv2D(
            4, 3, padding="same", kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l1"
        )(inputs)
        x = Charging()(keras.layers.BatchNormalization()(x))
        outputs = keras.layers.Conv2D(2, 1, kernel_initializer="ones", name="output")(x)
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.01), "mae")
        return model

    plain, network = made(), made()
    view = view_of(network)
    for _ in range(3):
        np.testing.assert_allclose(view.train_on_batch(X, Y), plain.train_on_batch(X, Y), rtol=1e-5)
    for ours, keras_own in zip(network.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=1e-5)


def test_dropout_is_drawn_as_keras_draws_it() -> None:
    def made() -> keras.Model:
        model = build_unet(1, 2, filters=(8, 16), dropout=0.3, seed=1)
        model.compile(keras.optimizers.SGD(0.1), "mae")
        return model

    plain, network = steps(made(), 2), made()
    steps(view_of(network), 2)
    for ours, keras_own in zip(network.variables, plain.variables, strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=2e-5)


def test_what_is_frozen_later_is_frozen_in_the_view() -> None:
    model = small()
    view = steps(view_of(model))
    for layer in model.layers:
        layer.trainable = "down0" not in layer.name
    view.compile(model.optimizer, "mae")
    frozen = [layer for layer in model.layers if "down0" in layer.name]
    before = [layer.get_weights() for layer in frozen]
    steps(view)
    for layer, kept in zip(frozen, before, strict=True):
        for values, first in zip(layer.get_weights(), kept, strict=True):
            np.testing.assert_array_equal(values, first)


def test_a_view_serves_until_something_else_is_asked_for() -> None:
    model = small()
    view = view_of(model)
    assert training_view(model, "float32", former=view) is view
    assert training_view(small(), "float32", former=view) is not view
    assert training_view(model, "float32", former=model) is not model


def test_callbacks_save_a_network_that_opens_without_this_package(small_portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    callbacks = [
        keras.callbacks.ModelCheckpoint(tmp_path / "whole.keras"),
        keras.callbacks.ModelCheckpoint(tmp_path / "epoch.weights.h5", save_weights_only=True),
    ]
    colorizer.fit(small_portraits, epochs=2, callbacks=callbacks, verbose=0)
    code = """
import sys, keras, numpy as np
model = keras.saving.load_model(sys.argv[1])
assert "unetcolor" not in sys.modules and model.optimizer.iterations == 2, model.optimizer.iterations
np.save(sys.argv[2], model.predict(np.load(sys.argv[3]), verbose=0))
"""
    np.save(tmp_path / "batch.npy", X)
    files = [tmp_path / name for name in ("whole.keras", "answer.npy", "batch.npy")]
    subprocess.run([sys.executable, "-c", code, *files], check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(files[1]), colorizer.model.predict(X, verbose=0))
    other = UNetColorizer("lab", filters=(4, 8), seed=2)
    other.model.load_weights(tmp_path / "epoch.weights.h5")
    np.testing.assert_array_equal(other.model.predict(X, verbose=0), colorizer.model.predict(X, verbose=0))


def test_a_network_that_its_user_compiled_is_trained_with_that(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    colorizer.model.compile("sgd", lambda truth, predicted: keras.ops.mean(predicted) * 0 + 7)
    history = colorizer.fit(small_portraits, epochs=1, verbose=0)
    assert history.history["loss"] == [7]
