"""Engines predict what the model predicts, at any size, from any thread, in any process, with its present weights."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer, build_unet, list_presets, samples
from unetcolor.networks.encoders import encoder_from
from unetcolor.networks.precision import has_bfloat16
from unetcolor.networks.snapshot import Snapshot
from unetcolor.prediction.engines import cache, engine_for, get_engine
from unetcolor.prediction.engines.base import Engine
from unetcolor.prediction.engines.cache import Engines
from unetcolor.prediction.engines.tensorflow import read

needs_bfloat16 = pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16")

rng = np.random.default_rng(0)


def shaken(model: keras.Model) -> keras.Model:
    """Give every weight, those of normalization included, a value of its own."""
    model.set_weights([(w * rng.uniform(0.8, 1.2, w.shape) + 0.02).astype(w.dtype) for w in model.get_weights()])
    return model


def mobile_net() -> keras.Model:
    """Return an encoder whose depthwise convolutions are normalized."""
    pixels = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same")(pixels)
    for use_bias in (False, True):
        x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=use_bias, depth_multiplier=2)(x)
        x = keras.layers.BatchNormalization(epsilon=0.01)(x)
    return keras.Model(pixels, keras.layers.Conv2D(2, 1, activation="sigmoid")(x))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "classic": lambda: build_unet(1, 2, filters=(8, 16), seed=1),
    "tanh": lambda: build_unet(1, 3, filters=(4, 8), activation="tanh", seed=1),
    "depthwise": mobile_net,
    "preset": lambda: UNetColorizer.from_preset("photo").model,
}


def stages_that_are_convolutions() -> keras.Model:
    """Return a network with an encoder of which normalization follows a stage, with statistics as of a training."""
    backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(None, None, 3))
    model = build_unet(1, 2, encoder=encoder_from(backbone, ["block_1_expand", "block_3_expand"]), filters=(4, 8))
    ranges = {"gamma": (0.5, 2), "moving_variance": (0.3, 2), "beta": (0.1, 0.5), "moving_mean": (0.1, 0.5)}
    for variable in model.variables:
        if variable.name in ranges:
            variable.assign(rng.uniform(*ranges[variable.name], variable.shape))
    return model


class Demanding(keras.layers.Layer):
    """A layer that its config cannot make."""

    def __init__(self, factor: Any) -> None:
        super().__init__()
        self.factor = factor

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor


def uncopyable() -> keras.Model:
    pixels = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(4, 3, padding="same")(pixels)
    return keras.Model(pixels, Demanding(np.float32(0.5))(keras.layers.BatchNormalization()(x)))


MODELS |= {"stages": stages_that_are_convolutions, "uncopyable": uncopyable}


@pytest.mark.parametrize("name", MODELS)
def test_predicts_what_the_model_predicts(name: str) -> None:
    model = MODELS[name]() if name in ("preset", "stages") else shaken(MODELS[name]())
    batches = [rng.random((*shape, model.input_shape[-1]), np.float32) for shape in [(1, 32, 32), (3, 17, 40)]]
    expected = [model.predict_on_batch(batch) for batch in batches]
    for engine in ("auto", "keras"):
        made = engine_for(model, "float32", engine)
        assert made.name == ("tensorflow" if engine == "auto" else engine)
        for batch, wanted in zip(batches, expected, strict=True):
            predicted = made(batch)
            assert predicted.dtype == np.float32
            np.testing.assert_allclose(predicted, wanted, atol=1e-5)


def test_a_network_that_tensorflow_cannot_freeze_is_run_by_keras() -> None:
    statistics = keras.layers.Normalization(axis=-1)
    pixels = keras.Input((None, None, 1))
    model = keras.Model(pixels, keras.layers.Conv2D(2, 1)(statistics(pixels)))
    statistics.adapt(rng.normal(3, 2, (4, 8, 8, 1)))
    made = engine_for(model, "float32")
    assert made.name == "keras"
    batch = rng.random((2, 9, 7, 1), dtype=np.float32)
    expected = model.predict_on_batch(batch)
    model.set_weights([np.zeros_like(values) for values in model.get_weights()])
    for engine in (made, pickle.loads(pickle.dumps(made))):
        np.testing.assert_allclose(engine(batch), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("engine", "name"), [("tensorflow", "classic"), ("tensorflow", "uncopyable"), ("keras", "tanh")]
)
def test_an_engine_is_a_snapshot_that_can_be_pickled(engine: str, name: str) -> None:
    model = shaken(MODELS[name]())
    made = engine_for(model, "float32", engine)
    untouched = pickle.loads(pickle.dumps(made))
    batch = rng.random((2, 17, 40, 1), dtype=np.float32)
    expected = model.predict_on_batch(batch)
    model.set_weights([np.zeros_like(values) for values in model.get_weights()])
    np.testing.assert_allclose(made(batch), expected, atol=1e-5)
    # Before its first use and after it.
    for other in (untouched, pickle.loads(pickle.dumps(made))):
        np.testing.assert_array_equal(other(batch), made(batch))


@pytest.mark.parametrize("engine", ["keras", "tensorflow"])
def test_an_engine_computes_in_its_precision(engine: str) -> None:
    model = shaken(MODELS["classic"]())
    batch = rng.random((1, 32, 32, 1), dtype=np.float32)
    exact, fast = (engine_for(model, precision, engine)(batch) for precision in ("float32", "bfloat16"))
    assert 0 < np.abs(exact - fast).mean() < 0.01


def test_engines_are_imported_when_they_are_asked_for() -> None:
    code = """
import sys
from unetcolor.prediction.engines import get_engine
from unetcolor.prediction.engines.base import Engine
assert not {"keras", "tensorflow"} & sys.modules.keys()
assert issubclass(get_engine("tensorflow"), Engine)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    with pytest.raises(ValueError, match=r"unknown engine 'tensorflo'. Did you mean 'tensorflow'\?"):
        get_engine("tensorflo")


def change_by_set_weights(model: keras.Model) -> None:
    model.set_weights([values + 1 for values in model.get_weights()])


def change_one_in_place(model: keras.Model) -> None:
    model.variables[-1].value.assign_add(np.full(model.variables[-1].shape, 1e-3, np.float32))


def change_by_training(model: keras.Model) -> None:
    model.compile("adam", "mae")
    batch = rng.random((2, 8, 8, 1), dtype=np.float32)
    model.train_on_batch(batch, np.repeat(batch, 2, axis=-1))


@pytest.mark.parametrize("change", [change_by_set_weights, change_one_in_place, change_by_training])
def test_a_snapshot_sees_every_change(change: Callable[[keras.Model], None]) -> None:
    model = MODELS["classic"]()
    before = model.get_weights()
    for snapshot in (Snapshot(model), Snapshot(model, read)):
        assert snapshot.matches(model)
        change(model)
        assert not snapshot.matches(model)
        assert not snapshot.matches(MODELS["classic"]())
        # The same values in another place.
        model.set_weights(before)
        assert snapshot.matches(model)


@needs_bfloat16
@pytest.mark.slow
@pytest.mark.parametrize("name", list_presets())
def test_bfloat16_gives_nearly_the_same_colors(name: str) -> None:
    colorizer = UNetColorizer.from_preset(name)
    pictures = [samples.load_photo(path.stem) for path in samples.photos()] + list(samples.load_portraits()[:40])
    exact = colorizer.predict(pictures, precision="float32", verbose=0)
    fast = colorizer.predict(pictures, precision="bfloat16", verbose=0)
    differences = [np.abs(a.astype(int) - b).ravel() for a, b in zip(exact, fast, strict=True)]
    assert np.percentile(np.concatenate(differences), 99.9) <= 2
    assert max(np.percentile(difference, 99.9) for difference in differences) <= 6
    assert max(difference.max() for difference in differences) > 0, "it was float32"


def test_new_weights_are_seen(trained: UNetColorizer) -> None:
    picture = rng.integers(0, 256, (20, 20), dtype=np.uint8)
    before = trained.predict(picture)
    weights = trained.model.get_weights()
    try:
        trained.model.set_weights([np.zeros_like(w) for w in weights])
        changed = trained.predict(picture)
        assert not np.array_equal(changed, before)
    finally:
        trained.model.set_weights(weights)
    np.testing.assert_array_equal(trained.predict(picture), before)


def test_an_engine_is_made_once_for_all_sizes_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*arguments: Any) -> Engine:
        made.append(engine_for(*arguments))
        return made[-1]

    monkeypatch.setattr(cache, "engine_for", counted)
    model, engines = MODELS["classic"](), Engines()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: engines.get(model, "float32"), range(8)))
    assert len(made) == len(set(found)) == 1
    for side in range(1, 9):
        assert found[0](np.zeros((1, side, 9 - side, 1), np.float32)).shape == (1, side, 9 - side, 2)
    change_by_set_weights(model)
    assert engines.get(model, "float32") is made[1]
    assert pickle.loads(pickle.dumps(engines)).get(model, "float32") is made[2]


def test_training_on_is_seen() -> None:
    portraits = samples.load_portraits()[:4]
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(portraits, epochs=1, verbose=0)
    before = colorizer.predict(portraits)
    colorizer.fit(portraits, epochs=1, verbose=0)
    assert not np.array_equal(colorizer.predict(portraits), before)


def test_threads_may_share_it() -> None:
    colorizer = UNetColorizer.from_preset("photo")
    portraits = list(samples.load_portraits()[:12])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: colorizer.predict(picture, precision="float32"), portraits))
    for alone, picture in zip(together, portraits, strict=True):
        np.testing.assert_array_equal(alone, colorizer.predict(picture, precision="float32"))


def test_no_setting_of_tensorflow_is_changed(trained: UNetColorizer) -> None:
    before = tf.config.optimizer.get_experimental_options(), keras.config.dtype_policy().name
    trained.predict(np.zeros((8, 8), np.uint8))
    assert (tf.config.optimizer.get_experimental_options(), keras.config.dtype_policy().name) == before
    assert tf.executing_eagerly()
