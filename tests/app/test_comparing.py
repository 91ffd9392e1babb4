"""The same photo at several saturations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor import Hint, samples
from unetcolor.app.comparing import SATURATIONS, at_each_saturation
from unetcolor.hints import read_hints
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference


@pytest.mark.parametrize(
    ("given", "count"),
    [({}, 1), ({"size": 112}, 1), ({"hints": "red"}, 2), ({"reference": "coffee"}, 1)],
    ids=["plain", "size", "hints", "reference"],
)
def test_the_network_sees_a_photo_once_for_all_saturations(given: dict[str, Any], count: int) -> None:
    predictor = Predictor.load("photo", engine="onnx")
    engine, asked = predictor.engine, []

    def counting(batch: np.ndarray) -> np.ndarray:
        asked.append(batch.shape)
        return engine(batch)

    pixels = samples.load_photo("rocket")[::2, ::2]
    if "hints" in given:
        given = {"hints": [read_hints([Hint(20, 30, "red")])]}
    if "reference" in given:
        given = {"reference": Reference(samples.load_photo("coffee"))}
    watched: Any = counting
    results = at_each_saturation(Predictor(predictor.codec, watched, predictor.side), pixels, **given)
    # With hints, it sees the photo with them and without.
    assert len(asked) == count
    for saturation, result in zip(SATURATIONS, results, strict=True):
        assert np.array_equal(result, next(predictor.stream([pixels], saturation=saturation, **given)))
    spreads = [np.ptp(result.astype(int), axis=-1).mean() for result in results]
    assert spreads == sorted(spreads)
