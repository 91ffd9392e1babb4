from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from unetcolor import get_color_space
from unetcolor.losses import ChromaHuber, DeltaE99


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


# a*, b*, and what they are in DIN99, by colour-science 0.4.7, Lab_to_DIN99.
DIN99 = [
    ((0, 0), (0, 0)),
    ((10, 0), (7.96280011, -1.59830733)),
    ((0, 10), (2.3846126, 5.82129269)),
    ((60, 40), (30.95687053, 6.9115794)),
    ((-35, 20), (-16.9558909, 12.18181868)),
    ((5, -45), (-4.69844737, -19.32253776)),
]


def test_delta_e99_is_the_distance_in_din99():
    loss = DeltaE99(softness=1e-3, reduction=None)
    lab, din99 = (np.array(values, np.float32) for values in zip(*DIN99, strict=True))
    predicted = get_color_space("lab").normalize_targets(lab)
    for truth, expected in zip(predicted, din99, strict=True):
        distances = np.linalg.norm(din99 - expected, axis=-1)
        values = ops.convert_to_numpy(loss(np.broadcast_to(truth, predicted.shape), predicted))
        np.testing.assert_allclose(values, distances, atol=2e-3)


def test_delta_e99_learns_from_gray_on():
    gray = tf.Variable(get_color_space("lab").normalize_targets(np.zeros((1, 2), np.float32)))
    vivid = get_color_space("lab").normalize_targets(np.array([[40.0, -20.0]], np.float32))
    with tf.GradientTape(persistent=True) as tape:
        same, other = DeltaE99()(tf.constant(gray.numpy()), gray), DeltaE99()(vivid, gray)
    np.testing.assert_allclose(tape.gradient(same, gray), np.zeros((1, 2)), atol=1e-4)
    # Toward the truth: more a*, less b*.
    assert (np.sign(tape.gradient(other, gray)) == [[-1, 1]]).all()


def test_delta_e99_refuses_other_channels_than_two():
    with pytest.raises(ValueError, match=r"a\* and b\* of the color space 'lab', not 3 channels"):
        DeltaE99()(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.float32))


def test_softness_is_where_the_loss_turns_from_square_to_straight():
    lab = get_color_space("lab")
    truth, near, far = (lab.normalize_targets(np.array([[a, 0.0]], np.float32)) for a in (0, 0.1, 100))
    sharp, soft = DeltaE99(softness=1e-3), DeltaE99(softness=5.0)
    small, large = float(sharp(truth, near)), float(sharp(truth, far))
    np.testing.assert_allclose(float(soft(truth, near)), small**2 / (2 * 5), rtol=0.05)
    np.testing.assert_allclose(float(soft(truth, far)), (large**2 + 25) ** 0.5 - 5, rtol=1e-3)


@pytest.mark.parametrize(
    "loss",
    [
        ChromaHuber(0.1, 1.5, np.array([0.3, 0.6]), 0.2, reduction="sum", name="mine", dtype="float32"),
        DeltaE99(np.float32(0.5), reduction="sum", name="mine", dtype="float32"),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_config_holds_every_argument_and_survives_json(loss, batch):
    config = json.loads(json.dumps(keras.losses.serialize(loss)))
    again = keras.losses.deserialize(config)
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert float(again(*batch)) == float(loss(*batch))


@pytest.mark.parametrize("kind", [ChromaHuber, DeltaE99])
def test_it_is_registered_under_the_name_of_the_package(kind):
    assert keras.saving.get_registered_name(kind) == f"unetcolor>{kind.__name__}"


@pytest.mark.parametrize("kind", [ChromaHuber, DeltaE99])
@pytest.mark.parametrize("start", [0.5, 0.0, 1.0], ids=["at neutral", "low", "high"])
def test_gradients_are_finite_and_training_lowers_the_loss(start, kind):
    truth = np.full((4, 3, 3, 2), start, np.float32)
    truth[0] = 0.5
    inputs = np.random.default_rng(0).random((4, 3, 3, 1), np.float32)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Conv2D(2, 1, activation="sigmoid")])
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=kind())
    losses = model.fit(inputs, truth, epochs=8, verbose=0).history["loss"]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (ChromaHuber, {"delta": 0.0}, "delta must be above 0, not 0.0"),
        (ChromaHuber, {"scale": -1.0}, "scale must be above 0, not -1.0"),
        (ChromaHuber, {"scale": float("nan")}, "scale must be above 0, not nan"),
        (ChromaHuber, {"strength": -0.5}, "strength must be at least 0, not -0.5"),
        (DeltaE99, {"softness": 0.0}, "softness must be a finite number above 0, not 0.0"),
        (DeltaE99, {"softness": float("inf")}, "softness must be a finite number above 0, not inf"),
    ],
)
def test_arguments_out_of_range_are_refused(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        kind(**arguments)
