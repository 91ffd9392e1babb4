"""A network in ONNX answers as the network does, in half precision, too, for pictures of any size."""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from unetcolor import build_unet
from unetcolor.errors import MissingExtraError
from unetcolor.networks.copying import UncopyableError
from unetcolor.networks.encoders import efficientnet_lite0
from unetcolor.networks.onnx import to_onnx

rng = np.random.default_rng(0)


def shaken(model: keras.Model) -> keras.Model:
    """Give every weight, those of normalization included, a value of its own."""
    model.set_weights(
        [
            (w * rng.uniform(0.8, 1.2, w.shape) + rng.uniform(0, 0.02, w.shape) * (w.ndim == 1)).astype(w.dtype)
            for w in model.get_weights()
        ]
    )
    return model


MODELS: dict[str, Any] = {
    "classic": lambda: shaken(build_unet(1, 2, filters=(16, 32, 64), seed=1)),
    "nearest": lambda: shaken(build_unet(2, 1, filters=(4, 8), upsampling="nearest", head_stride=2, seed=1)),
    "preset": lambda: build_unet(
        4, 2, encoder=efficientnet_lite0(), hint_channels=3, filters=(8, 8, 8, 8, 8), head_stride=2, seed=1
    ),
}


def answer(content: bytes, batch: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (predicted,) = session.run(["colors"], {"luminance": batch})
    return np.asarray(predicted)


@pytest.mark.parametrize("name", ["classic", "nearest", pytest.param("preset", marks=pytest.mark.slow)])
def test_it_answers_as_the_network_does_at_any_size(name: str) -> None:
    model = MODELS[name]()
    exact = to_onnx(model)
    for shape in [(1, 1, 9), (3, 17, 40), (2, 32, 32)]:
        batch = rng.random((*shape, model.input_shape[-1]), dtype=np.float32)
        # Hints at some places.
        batch[..., 1:] *= batch[..., -1:] > 0.8
        expected = model.predict_on_batch(batch)
        assert expected.std() > 0.001
        np.testing.assert_allclose(answer(exact, batch), expected, atol=1e-5)


def test_half_precision_makes_it_smaller_and_hardly_changes_the_answer() -> None:
    model = MODELS["classic"]()
    exact, half = to_onnx(model), to_onnx(model, half_precision=True)
    assert len(half) < 0.8 * len(exact)
    kinds = {(array.data_type, int(np.prod(array.dims)) > 10_000) for array in weights_of(half)}
    assert kinds == {(onnx.TensorProto.FLOAT16, True), (onnx.TensorProto.FLOAT, False)}
    batch = rng.random((1, 32, 20, 1), dtype=np.float32)
    expected = answer(exact, batch)
    found = answer(half, batch)
    assert found.dtype == np.float32
    assert expected.std() > 0.001
    assert 0 < np.abs(found - expected).max() < 0.2 / 255


def test_weights_too_large_for_half_precision_are_refused() -> None:
    model = MODELS["classic"]()
    kernel = model.get_layer("bottom_conv1").kernel
    kernel.assign(kernel + 1e8)
    with pytest.raises(ValueError, match="too large for float16"):
        to_onnx(model, half_precision=True)


def test_names_and_metadata() -> None:
    made = onnx.load_model_from_string(to_onnx(build_unet(1, 3, filters=(4, 8)), metadata={"a": "é"}))
    onnx.checker.check_model(made, full_check=True)
    shapes = {
        end.name: [size.dim_param or size.dim_value for size in end.type.tensor_type.shape.dim]
        for end in (*made.graph.input, *made.graph.output)
    }
    assert shapes == {
        "luminance": ["batch", "height", "width", 1],
        "colors": ["batch", "colors_height", "colors_width", 3],
    }
    assert [(each.key, each.value) for each in made.metadata_props] == [("a", "é")]


def test_the_network_stays_as_it_is() -> None:
    model = MODELS["classic"]()
    before = [np.array(values) for values in model.get_weights()]
    to_onnx(model)
    for kept, values in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(values, kept)


def test_a_network_that_cannot_be_copied_is_refused() -> None:
    class Own(keras.Model):
        def call(self, inputs: Any) -> Any:
            return inputs

    model = Own()
    model(np.zeros((1, 8, 8, 1), np.float32))
    with pytest.raises(UncopyableError):
        to_onnx(model)


@pytest.mark.parametrize("package", ["onnx", "tf2onnx"])
def test_what_is_not_installed_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # So Python finds no such package.
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf'needs {package}: pip install "unetcolor\[export\]"'):
        to_onnx(build_unet(1, 2, filters=(4, 8)))


def weights_of(content: bytes) -> list[Any]:
    graph = onnx.load_model_from_string(content).graph
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    return [array for array in graph.initializer if array.data_type in floats]
