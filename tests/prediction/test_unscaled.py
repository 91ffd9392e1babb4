"""Pictures that the network sees at their own size get the colors that they get elsewhere, a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor import UNetColorizer, get_color_space
from unetcolor.codec import Codec
from unetcolor.images import from_float
from unetcolor.prediction import full_size
from unetcolor.prediction.predictor import Predictor

rng = np.random.default_rng(0)


def network(batch: np.ndarray) -> np.ndarray:
    """Return colors that depend on the place and on the luminance."""
    across = np.linspace(0, 1, batch.shape[2], dtype=np.float32)[:, np.newaxis]
    return np.concatenate([0.4 + 0.2 * across * batch, 0.5 + 0.1 * batch], axis=-1)


@pytest.fixture
def predictor() -> Predictor:
    return Predictor(Codec(get_color_space("lab")), network, 30)  # type: ignore[arg-type]


def same(luminance: np.ndarray, colors: np.ndarray) -> np.ndarray:
    return colors


def test_numbers_keep_their_order_of_bytes_and_odd_ones_are_refused(predictor: Predictor) -> None:
    levels = rng.integers(0, 65536, (30, 30), np.uint16)
    for order in "<>":
        colored = predictor.predict(levels.astype(f"{order}u2"), verbose=0)
        assert colored.dtype == np.dtype(f"{order}u2")
        np.testing.assert_array_equal(colored, predictor.predict(levels, verbose=0))
    with pytest.raises(ValueError, match="uint32"):
        predictor.predict(np.full((30, 30), 256, np.uint32), verbose=0)


def pictures(channels: int, dtype: Any, count: int = 5) -> list[np.ndarray]:
    values = rng.random((count, 36, 25, channels), dtype=np.float32)
    # Black is kept gray.
    values[:, :3] = 0
    return [from_float(each, dtype) for each in values]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_they_get_the_same_colors_as_one_by_one(channels: int, dtype: Any, predictor: Predictor) -> None:
    given = pictures(channels, dtype)
    for saturation in (1.0, 1.5):
        found = list(predictor.stream(given, saturation=saturation))
        # Who adjusts colors takes the long way.
        expected = list(predictor.stream(given, saturation=saturation, adjust=same))
        for one, other in zip(found, expected, strict=True):
            assert one.shape == (36, 25, 3 + (channels in (2, 4)))
            np.testing.assert_array_equal(one, other)


def test_only_what_is_alike_goes_together(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def counting(batch: list[Any], *arguments: Any) -> Any:
        counts.append(len(batch))
        return unscaled(batch, *arguments)

    unscaled = full_size.colorize_unscaled
    monkeypatch.setattr(full_size, "colorize_unscaled", counting)
    gray, color = pictures(1, np.uint8), pictures(3, np.uint8)
    for given in (gray + color, [*gray, from_float(rng.random((25, 36, 1)), np.uint8)], [*gray, gray[0] / 255]):
        list(predictor.stream(given))
        list(predictor.stream(gray, size=20))
    assert counts == []
    list(predictor.stream(gray, batch_size=3))
    assert counts == [3, 2]


def test_many_come_back_in_their_order(predictor: Predictor) -> None:
    given = np.stack(pictures(1, np.uint8, 23))[..., 0]
    found = predictor.predict(given, batch_size=4, verbose=0)
    assert isinstance(found, np.ndarray)
    for picture, colored in zip(given, found, strict=True):
        np.testing.assert_array_equal(colored, predictor.predict(picture))


def test_each_result_stands_alone(predictor: Predictor) -> None:
    assert all(colored.base is None for colored in predictor.stream(pictures(1, np.uint8)))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused(wrong: float) -> None:
    predictor = Predictor(Codec(get_color_space("lab")), lambda batch: wrong * network(batch), 30)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not finite"):
        predictor.predict(np.stack(pictures(1, np.uint8)))


def test_an_answer_of_another_shape_is_refused() -> None:
    predictor = Predictor(Codec(get_color_space("lab")), lambda batch: network(batch)[:, 1:], 30)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must have the shape \(5, 36, 25, 2\), not \(5, 35, 25, 2\)"):
        predictor.predict(np.stack(pictures(1, np.uint8)))


def test_a_trained_colorizer_takes_this_way(trained: UNetColorizer, small_portraits: np.ndarray) -> None:
    found = trained.predict(small_portraits, verbose=0)
    for one, other in zip(found, trained.stream(list(small_portraits), adjust=same), strict=True):
        np.testing.assert_array_equal(one, other)
