from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from unetcolor import get_color_space
from unetcolor.losses import DeltaE99

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
    ("arguments", "message"),
    [
        ({"softness": 0.0}, "softness must be a finite number above 0, not 0.0"),
        ({"softness": float("inf")}, "softness must be a finite number above 0, not inf"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        DeltaE99(**arguments)
