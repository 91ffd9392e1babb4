"""What holds for every loss of the registry, and the registry itself."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor.losses import LOSSES, ChromaHuber, DeltaE99, get_loss, list_losses


def test_every_loss_is_listed_under_its_own_name():
    assert list_losses() == sorted(LOSSES)
    for name in list_losses():
        assert get_loss(name).name == name


def test_what_keras_takes_is_taken_as_it_is():
    assert get_loss("mae") == "mae"
    huber = keras.losses.Huber(0.05)
    assert get_loss(huber) is huber
    assert get_loss(keras.losses.huber) is keras.losses.huber


def test_an_unknown_name_says_what_was_meant():
    with pytest.raises(
        ValueError, match=r"unknown loss 'chroma_hubert'\. Did you mean 'chroma_huber'\? Available: .*mae"
    ):
        get_loss("chroma_hubert")


@pytest.mark.parametrize("name", list_losses())
def test_fit_takes_every_loss_by_its_name(name, small_portraits):
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, loss=name, epochs=1, verbose=0)
    assert colorizer.training["loss"] == name


def test_fit_refuses_an_unknown_loss_before_it_trains(small_portraits):
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    with pytest.raises(ValueError, match=r"unknown loss 'delta_e9'\. Did you mean 'delta_e99'"):
        colorizer.fit(small_portraits, loss="delta_e9", verbose=0)
    assert colorizer.training == {}


@pytest.mark.parametrize(
    "loss",
    [
        ChromaHuber(0.1, 1.5, np.array([0.3, 0.6]), 0.2, reduction="sum", name="mine", dtype="float32"),
        DeltaE99(np.float32(0.5), reduction="sum", name="mine", dtype="float32"),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_config_holds_every_argument_and_survives_json(loss):
    rng = np.random.default_rng(0)
    batch = rng.random((2, 5, 4, 2), np.float32), rng.random((2, 5, 4, 2), np.float32)
    config = json.loads(json.dumps(keras.losses.serialize(loss)))
    again = keras.losses.deserialize(config)
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert float(again(*batch)) == float(loss(*batch))


@pytest.mark.parametrize("kind", LOSSES.values())
def test_it_is_registered_under_the_name_of_the_package(kind):
    assert keras.saving.get_registered_name(kind) == f"unetcolor>{kind.__name__}"


@pytest.mark.parametrize("kind", LOSSES.values())
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
