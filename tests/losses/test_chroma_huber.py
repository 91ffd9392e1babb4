from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from unetcolor.losses import ChromaHuber


@pytest.fixture
def batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((2, 5, 4, 2), np.float32), rng.random((2, 5, 4, 2), np.float32)


def test_without_strength_it_is_the_huber_loss_of_keras(batch):
    expected = keras.losses.Huber(delta=0.05)(*batch)
    np.testing.assert_allclose(float(ChromaHuber(strength=0.0)(*batch)), float(expected), rtol=1e-6)


def test_weights_equal_the_formula_written_out(batch):
    truth, predicted = batch
    loss = ChromaHuber(delta=0.2, strength=3.0, neutral=0.4, scale=0.3)
    total = 0.0
    for t, p in zip(truth.reshape(-1, 2).tolist(), predicted.reshape(-1, 2).tolist(), strict=True):
        weight = 1 + 3.0 * min(1.0, ((t[0] - 0.4) ** 2 + (t[1] - 0.4) ** 2) ** 0.5 / 0.3)
        errors = [abs(a - b) for a, b in zip(t, p, strict=True)]
        total += weight * sum(e * e / 2 if e <= 0.2 else 0.2 * e - 0.02 for e in errors) / 2
    np.testing.assert_allclose(float(loss(truth, predicted)), total / (2 * 5 * 4), rtol=1e-5)


def test_colorful_truth_counts_for_more_up_to_the_scale():
    loss = ChromaHuber(strength=2.0, scale=0.1, reduction=None)
    truth = np.array([[0.5, 0.5], [0.55, 0.5], [0.6, 0.5], [0.9, 0.1]], np.float32)
    values = ops.convert_to_numpy(loss(truth, truth + np.float32(0.01)))
    np.testing.assert_allclose(values / values[0], [1, 2, 3, 3], rtol=1e-3)


def test_the_weight_depends_on_the_truth_alone():
    loss = ChromaHuber()
    gray, red = np.full((1, 2, 2, 2), 0.5, np.float32), np.full((1, 2, 2, 2), 0.9, np.float32)
    np.testing.assert_allclose(float(loss(red, gray)) / float(loss(gray, red)), 3.0, rtol=1e-5)


def test_neutral_may_differ_between_channels():
    loss = ChromaHuber(neutral=(0.3, 0.6), reduction=None)
    truth = np.array([[0.3, 0.6], [0.6, 0.3]], np.float32)
    values = ops.convert_to_numpy(loss(truth, truth + np.float32(0.01)))
    np.testing.assert_allclose(values[1] / values[0], 3.0, rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"delta": 0.0}, "delta must be above 0, not 0.0"),
        ({"scale": -1.0}, "scale must be above 0, not -1.0"),
        ({"scale": float("nan")}, "scale must be above 0, not nan"),
        ({"strength": -0.5}, "strength must be at least 0, not -0.5"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ChromaHuber(**arguments)
