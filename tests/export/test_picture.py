from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, list_color_spaces
from unetcolor.export.picture import picture_model
from unetcolor.prediction.predictor import Predictor

SIDE = 20


def make(space: str, **options: Any) -> tuple[keras.Model, Predictor]:
    """The picture form of a network that gives vivid colors, and what it must agree with."""
    colorizer = UNetColorizer(space, filters=(4, 8), seed=1, **options)
    head = colorizer.model.get_layer("head")
    head.set_weights([8 * values for values in head.get_weights()])
    codec = colorizer._codec

    def run(batch: np.ndarray) -> np.ndarray:
        return np.array(keras.ops.convert_to_numpy(colorizer.model(batch, training=False)))

    predictor = Predictor(codec, run, SIDE)  # type: ignore[arg-type]
    return picture_model(colorizer.model, codec, SIDE), predictor


def gray(*size: int) -> np.ndarray:
    """Noise on a ramp that begins with black."""
    ramp = np.linspace(-20, 240, int(np.prod(size))).reshape(size)
    return np.clip(ramp + np.random.default_rng(1).normal(0, 15, size), 0, 255).astype(np.uint8)


def differences(model: keras.Model, predictor: Predictor, pictures: np.ndarray) -> np.ndarray:
    found = keras.ops.convert_to_numpy(model(pictures[..., np.newaxis]))
    assert found.dtype == np.uint8
    expected = np.stack(predictor.predict(list(pictures), verbose=0))
    assert np.ptp(expected, axis=-1).max() > (10 if pictures.size > 10 else -1)
    return np.abs(found.astype(int) - expected)


@pytest.mark.parametrize("space", list_color_spaces())
def test_the_graph_is_predict_in_every_space(space: str) -> None:
    assert differences(*make(space), gray(2, 33, 30)).max() <= 1


@pytest.mark.parametrize("options", [{"hints": True}, {"head_stride": 2}])
def test_the_graph_is_predict_for_all_networks(options: dict[str, Any]) -> None:
    model, predictor = make("lab", **options)
    # Larger, smaller, narrow, and so large that Pillow shrinks in two steps with a block that is cut off.
    for size in ((41, 57), (7, 9), (3, 160), (1, 1), (1, 2), (211, 190)):
        found = differences(model, predictor, gray(1, *size))
        assert found.max() <= 1, size
        assert (found > 0).mean() < 1e-3 or found.sum() <= 1, size
