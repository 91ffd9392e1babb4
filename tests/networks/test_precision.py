from __future__ import annotations

import keras
import numpy as np
import pytest

from unetcolor import build_unet
from unetcolor.networks import precision
from unetcolor.networks.precision import has_bfloat16, resolve, resolve_for_training, with_precision


def test_what_a_precision_means() -> None:
    assert resolve("float32") == "float32"
    assert resolve("auto") == ("bfloat16" if has_bfloat16() else "float32")
    with pytest.raises(ValueError, match="must be one of auto, float32, bfloat16, not 'float16'"):
        resolve("float16")  # type: ignore[arg-type]


def test_a_processor_without_bfloat16_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)
    assert resolve("auto") == "float32"
    with pytest.raises(ValueError, match="no instructions for bfloat16"):
        resolve("bfloat16")


def test_auto_is_float32_on_other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    assert resolve("auto") == "bfloat16"
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert resolve("auto") == "float32"
    assert resolve("bfloat16") == "bfloat16"


def test_only_tensorflow_trains_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    assert resolve_for_training("bfloat16") == resolve_for_training("auto") == "bfloat16"
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert resolve_for_training("auto") == resolve_for_training("float32") == "float32"
    with pytest.raises(ValueError, match=r"on TensorFlow only, and Keras runs on jax here: take precision='auto'"):
        resolve_for_training("bfloat16")


def test_a_copy_has_another_precision_from_the_second_convolution_on() -> None:
    model = build_unet(1, 2, filters=(4, 8), seed=1)
    model.get_layer("up0_conv1").dtype_policy = "mixed_float16"
    before = [layer.get_config() for layer in model.layers]
    copy = with_precision(model, "bfloat16")
    found = {layer.name: layer.dtype_policy.name for layer in copy.layers}
    assert found["down0_conv0"] == found["down0_norm0"] == found["output"] == "float32"
    assert found["down0_conv1"] == found["bottom_norm0"] == found["head"] == "mixed_bfloat16"
    assert found["up0_conv1"] == "mixed_float16"
    assert {variable.dtype for variable in copy.weights} == {"float32"}
    assert [layer.get_config() for layer in model.layers] == before


def test_a_copy_in_float32_gives_the_same_answers() -> None:
    model = build_unet(1, 2, filters=(4, 8), seed=1)
    batch = np.random.default_rng(0).random((2, 9, 7, 1), dtype=np.float32)
    copy = with_precision(model, "float32")
    assert not {id(layer) for layer in model.layers} & {id(layer) for layer in copy.layers}
    np.testing.assert_array_equal(copy.predict_on_batch(batch), model.predict_on_batch(batch))
    assert isinstance(copy, keras.Model)
