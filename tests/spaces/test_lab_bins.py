from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetcolor import UNetColorizer
from unetcolor.errors import ColorSpaceError
from unetcolor.spaces.lab import Lab
from unetcolor.spaces.lab_bins import GRID, LabBins, bins, class_weights

COLORS = np.random.default_rng(0).random((500, 3))
_, TARGETS = Lab().encode(COLORS)


def one_hot(index: int) -> np.ndarray:
    return np.eye(len(bins()))[index]


def test_the_bins_are_about_those_of_the_paper() -> None:
    # Zhang et al. count 313 on the same grid, from a wider notion of what is in gamut.
    assert 290 <= len(bins()) <= 320
    assert len(np.unique(bins(), axis=0)) == len(bins())
    np.testing.assert_array_equal(bins() % GRID, 0)
    assert bins().min(axis=0).tolist() == [-90, -110]
    assert bins().max(axis=0).tolist() == [100, 100]


def test_a_color_is_shared_by_the_bins_around_it() -> None:
    shares = LabBins().normalize_targets(np.array([12.0, -5.0]))
    found = {tuple(bins()[i].tolist()): shares[i] for i in np.flatnonzero(shares)}
    expected = {(10.0, -10.0): 0.4, (10.0, 0.0): 0.4, (20.0, -10.0): 0.1, (20.0, 0.0): 0.1}
    assert found == pytest.approx(expected)


def test_the_shares_of_any_color_sum_to_one() -> None:
    shares = LabBins().normalize_targets(TARGETS)
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    assert ((shares > 0).sum(axis=-1) <= 4).all()


@given(temperature=st.floats(0.05, 1), index=st.integers(0, len(bins()) - 1))
def test_a_certain_bin_is_decoded_to_its_center(temperature: float, index: int) -> None:
    np.testing.assert_allclose(LabBins(temperature).denormalize_targets(one_hot(index)), bins()[index], atol=0.1)


def test_the_annealed_mean_goes_from_the_mean_to_the_mode() -> None:
    weak, strong = (np.flatnonzero((bins() == center).all(axis=1))[0] for center in ((0, 0), (60, 0)))
    probabilities = 0.4 * one_hot(weak) + 0.6 * one_hot(strong)
    mean, annealed, mode = (LabBins(t).denormalize_targets(probabilities)[0] for t in (1.0, 0.38, 0.01))
    assert mean == pytest.approx(36, abs=0.1)
    # (0.6 ** (1 / T)) / (0.4 ** (1 / T) + 0.6 ** (1 / T)) at T = 0.38
    assert annealed == pytest.approx(60 * 0.744, abs=0.1)
    assert mode == pytest.approx(60, abs=0.1)


def test_the_loss_is_a_weighted_cross_entropy() -> None:
    space = LabBins()
    rng = np.random.default_rng(0)
    predicted = rng.dirichlet(np.ones(len(bins())), (2, 3, 4))
    truth = space.normalize_targets(TARGETS[:24].reshape(2, 3, 4, 2))
    expected = np.empty((2, 3, 4))
    for place in np.ndindex(2, 3, 4):
        weight = (truth[place] * class_weights(0.5)).sum()
        expected[place] = weight * -(truth[place] * np.log(predicted[place])).sum()
    np.testing.assert_allclose(space.loss(truth, predicted), expected)
    tensors = (keras.ops.convert_to_tensor(x.astype("float32")) for x in (truth, predicted))
    np.testing.assert_allclose(space.loss(*tensors), expected, rtol=1e-4)


def test_rare_colors_count_for_more_and_the_mean_weight_is_one() -> None:
    np.testing.assert_allclose(class_weights(0.0), 1)
    weights = class_weights(0.5)
    neutral = np.flatnonzero((bins() == 0).all(axis=1))[0]
    vivid = np.flatnonzero((bins() == (60, 60)).all(axis=1))[0]
    assert weights[neutral] < 0.5 < 3 < weights[vivid]
    with (resources.files("unetcolor.spaces") / "lab_bins_shares.csv").open() as file:
        shares = np.array([float(row["share"]) for row in csv.DictReader(file)])
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    for rebalancing in (0.5, 0.9):
        assert (class_weights(rebalancing) * shares).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0.0}, "temperature must be from 0.01 to 1, not 0.0"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"rebalancing": 1.5}, "rebalancing must be from 0 to 1, not 1.5"),
    ],
)
def test_a_bad_argument_is_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ColorSpaceError, match=message):
        LabBins(**arguments)


def test_another_space_brings_its_own_loss(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab_bins", filters=(4, 8), head_stride=2, seed=1)
    colorizer.fit(small_portraits[:4], epochs=1, verbose=0)
    steps = int(colorizer.model.optimizer.iterations)
    colorizer.space = LabBins(rebalancing=0.0)
    assert colorizer.model.loss == colorizer.space.loss
    colorizer.fit(small_portraits[:4], epochs=1, verbose=0)
    # The optimizer goes on with what it has learned.
    assert int(colorizer.model.optimizer.iterations) == 2 * steps
    colorizer.fit(small_portraits[:4], epochs=1, verbose=0, loss="mae")
    colorizer.space = LabBins()
    assert colorizer.model.loss == "mae"


def test_a_network_learns_to_classify_and_the_temperature_can_be_changed_later(
    portraits: np.ndarray, tmp_path: Any
) -> None:
    colorizer = UNetColorizer("lab_bins", filters=(8, 16, 32), head_stride=4, momentum=0.9, seed=1)
    assert colorizer.model.output_shape[-1] == len(bins())
    history = colorizer.fit(portraits[:64], epochs=6, batch_size=8, verbose=0)
    assert history.history["loss"][-1] < 0.8 * history.history["loss"][0]
    assert colorizer.training["loss"] == "rebalanced_cross_entropy"
    annealed = colorizer.predict(portraits[64:66])
    colorizer.space = LabBins(temperature=1.0)
    mean = colorizer.predict(portraits[64:66])
    assert np.abs(mean.astype(int) - annealed).mean() > 1
    colorizer.save(tmp_path / "bins.keras")
    np.testing.assert_array_equal(UNetColorizer.load(tmp_path / "bins.keras").predict(portraits[64:66]), mean)
    with pytest.raises(ValueError, match="the network was made for the channels of"):
        colorizer.space = Lab()
