from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor.training import Cosine


def test_the_rate_rises_and_then_falls_to_the_end() -> None:
    rate = Cosine(2e-3, warmup=5, end=0.1).over(50)
    rates = [float(rate(step)) for step in range(51)]
    assert int(np.argmax(rates)) == 5
    assert rates[0] == pytest.approx(2e-5)
    assert rates[5] == pytest.approx(2e-3)
    assert rates[50] == pytest.approx(2e-4)
    assert (np.diff(rates[5:]) < 0).all()


def test_without_a_warm_up_the_first_rate_is_the_peak() -> None:
    assert float(Cosine(1e-3).over(10)(0)) == pytest.approx(1e-3)


def test_fit_spreads_the_schedule_over_its_steps(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    options = {"batch_size": 4, "epochs": 3, "verbose": 0}
    colorizer.fit(small_portraits, learning_rate=Cosine(1e-3, warmup=2, end=0.0), optimizer="adamw", **options)
    optimizer = colorizer.model.optimizer
    assert (int(optimizer.iterations), type(optimizer).__name__) == (6, "AdamW")
    assert float(optimizer.learning_rate) == pytest.approx(0.0)


@pytest.mark.parametrize("warmup", [0, 3])
def test_what_begins_later_has_the_same_rates(warmup: int) -> None:
    rate = Cosine(2e-3, warmup=warmup, end=0.1)
    first, later = rate.over(20), rate.over(20, 1000)
    np.testing.assert_allclose([later(1000 + i) for i in range(21)], [first(i) for i in range(21)], atol=1e-7)


def rates_of(colorizer: UNetColorizer, pictures: np.ndarray, **options: Any) -> list[float]:
    """Train, and return the learning rate after each epoch of one step."""
    rates: list[float] = []

    def note(epoch: int, logs: Any) -> None:
        rates.append(float(colorizer.model.optimizer.learning_rate))

    callback = keras.callbacks.LambdaCallback(on_epoch_end=note)
    colorizer.fit(pictures, verbose=0, callbacks=callback, **options)
    return rates


def test_each_training_has_the_whole_schedule(small_portraits: np.ndarray, tmp_path: Path) -> None:
    rate = Cosine(1e-3, warmup=1, end=0.0)
    wanted = rates_of(UNetColorizer("lab", filters=(4, 8), seed=1), small_portraits, epochs=4, learning_rate=rate)
    assert wanted[0] == pytest.approx(1e-3)
    assert wanted[-1] == pytest.approx(0, abs=1e-9)

    def begun() -> UNetColorizer:
        colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
        colorizer.fit(small_portraits, epochs=3, learning_rate=2e-3, verbose=0)
        return colorizer

    colorizer, options = begun(), {"learning_rate": rate, "checkpoint": tmp_path / "x.npz"}
    assert rates_of(colorizer, small_portraits, epochs=4, learning_rate=rate) == pytest.approx(wanted, abs=1e-9)
    later = rates_of(colorizer, small_portraits, epochs=6, initial_epoch=2, learning_rate=rate)
    assert later == pytest.approx(wanted, abs=1e-9)
    # In another process that goes on, the optimizer's steps before this training are known from the checkpoint alone.
    stopped = begun()
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stopped.model, "stop_training", True)
    )
    stopped.fit(small_portraits, epochs=4, callbacks=stop, verbose=0, **options)
    fresh = UNetColorizer("lab", filters=(4, 8), seed=1)
    assert rates_of(fresh, small_portraits, epochs=4, **options) == pytest.approx(wanted[1:], abs=1e-9)


def test_a_number_may_follow_a_schedule(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, epochs=2, learning_rate=Cosine(1e-3), verbose=0)
    assert rates_of(colorizer, small_portraits, epochs=2, learning_rate=1e-4) == pytest.approx([1e-4, 1e-4])


def test_a_number_is_the_rate_of_the_optimizer(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    for rate in (3e-4, 2e-4):
        colorizer.fit(small_portraits, learning_rate=rate, epochs=1, verbose=0)
        assert float(colorizer.model.optimizer.learning_rate) == pytest.approx(rate)
    # The same optimizer went on.
    assert int(colorizer.model.optimizer.iterations) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peak": 0.0}, "peak must be above 0"),
        ({"warmup": -1}, "warmup must be at least 0"),
        ({"end": 2.0}, r"end must be in 0\.\.1"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cosine(**options)


def test_a_warm_up_longer_than_the_training_is_refused(small_portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8))
    with pytest.raises(ValueError, match="the warm-up of 9 steps is as long as the whole training, 2 steps"):
        colorizer.fit(small_portraits, batch_size=4, epochs=1, learning_rate=Cosine(1e-3, warmup=9), verbose=0)
