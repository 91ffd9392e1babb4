"""The frozen network predicts what the model predicts, at any size, from any thread, with its present weights."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from unetcolor import UNetColorizer, build_unet, list_presets, samples
from unetcolor.networks.arithmetic import has_bfloat16, resolve
from unetcolor.prediction.engines.tensorflow import FrozenNetwork

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
    "preset": lambda: UNetColorizer.from_preset("portrait").model,
}


@pytest.mark.parametrize("name", MODELS)
def test_predicts_what_the_model_predicts(name: str) -> None:
    model = MODELS[name]() if name == "preset" else shaken(MODELS[name]())
    frozen = FrozenNetwork(model, "float32")
    for shape in [(1, 32, 32, 1), (3, 17, 40, 1)]:
        batch = rng.random(shape, dtype=np.float32)
        np.testing.assert_allclose(frozen(batch), model.predict_on_batch(batch), atol=5e-5)


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
    assert max(np.percentile(difference, 99.9) for difference in differences) <= 4
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


def test_the_network_is_built_once_for_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    class Counted(FrozenNetwork):
        def __init__(self, *arguments: Any) -> None:
            built.append(self)
            super().__init__(*arguments)

    monkeypatch.setattr("unetcolor.prediction.engines.tensorflow.FrozenNetwork", Counted)
    colorizer = UNetColorizer.from_preset("portrait")
    for i in range(6):
        colorizer.predict(np.zeros((10 + i, 40 - i), np.uint8), size=32 + i)
    assert len(built) == 1
    colorizer.predict(np.zeros((10, 10), np.uint8), precision="float32")
    assert len(built) == len({resolve("auto"), "float32"})


def test_training_on_is_seen() -> None:
    portraits = samples.load_portraits()[:4]
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(portraits, epochs=1, verbose=0)
    before = colorizer.predict(portraits)
    colorizer.fit(portraits, epochs=1, verbose=0)
    assert not np.array_equal(colorizer.predict(portraits), before)


def test_threads_may_share_it() -> None:
    colorizer = UNetColorizer.from_preset("portrait")
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


def test_precisions() -> None:
    assert resolve("float32") == "float32"
    assert resolve("auto") == ("bfloat16" if has_bfloat16() else "float32")
    with pytest.raises(ValueError, match="must be one of auto, float32, bfloat16, not 'float16'"):
        resolve("float16")  # type: ignore[arg-type]


def test_a_processor_without_bfloat16_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unetcolor.networks.arithmetic.has_bfloat16", lambda: False)
    assert resolve("auto") == "float32"
    with pytest.raises(ValueError, match="no instructions for bfloat16"):
        resolve("bfloat16")
