from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, get_color_space
from unetcolor.codec import Codec
from unetcolor.images import to_float
from unetcolor.metrics import delta_e
from unetcolor.training.validation import color_scores


class Fixed(keras.Model):
    """Answers with what it was given."""

    def __init__(self, answers: list[np.ndarray]) -> None:
        super().__init__()
        self.answers = iter(answers)

    def predict_on_batch(self, x: Any) -> np.ndarray:
        return next(self.answers)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_truth_has_no_error_and_gray_that_of_gray(stride: int, small_portraits: np.ndarray) -> None:
    codec = Codec(get_color_space("lab"), stride)
    rgb = to_float(small_portraits)
    _, truth = codec.example(rgb)
    gray = np.full_like(truth, 128 / 255)
    right = color_scores(Fixed([truth]), codec, [rgb])
    assert right["delta_e"] < 0.1
    assert right["better_than_gray"] == 1.0
    wrong = color_scores(Fixed([gray[:4], gray[4:]]), codec, [rgb[:4], rgb[4:]])
    assert wrong["delta_e"] == pytest.approx(wrong["gray_delta_e"], abs=1e-3)
    assert wrong["gray_delta_e"] == pytest.approx(right["gray_delta_e"], abs=0.1)


def test_at_full_size_the_scores_are_those_of_the_pictures(small_portraits: np.ndarray) -> None:
    codec = Codec(get_color_space("oklab"))
    rgb = to_float(small_portraits)
    gray = codec.plain_gray(rgb)
    found = color_scores(Fixed([codec.example(rgb)[1]]), codec, [rgb])
    expected = np.mean([delta_e(*pair) for pair in zip(rgb, gray, strict=True)])
    # Gray of equal Oklab lightness is not quite gray of equal L*.
    assert found["gray_delta_e"] == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("kind", ["array", "dataset"])
def test_fit_reports_the_colors_of_each_epoch(kind: str, small_portraits: np.ndarray) -> None:
    held_out: Any = small_portraits[:4]
    if kind == "dataset":
        tf = pytest.importorskip("tensorflow")
        held_out = tf.data.Dataset.from_tensor_slices(held_out).batch(2)
    colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
    history = colorizer.fit(small_portraits, validation_data=held_out, validate_colors=True, epochs=2, verbose=0)
    names = {"val_delta_e", "val_gray_delta_e", "val_better_than_gray"}
    assert set(history.history) == {"loss", "val_loss"} | names
    assert all(len(history.history[name]) == 2 for name in names)
    assert names < set(colorizer.training["final"])
    codec = Codec(get_color_space("lab"))
    expected = color_scores(colorizer.model, codec, [to_float(small_portraits[:4])])
    assert history.history["val_delta_e"][-1] == pytest.approx(expected["delta_e"], rel=1e-4)


def test_colors_need_pictures_to_validate_on(small_portraits: np.ndarray) -> None:
    with pytest.raises(ValueError, match="validate_colors needs pictures"):
        UNetColorizer("lab", filters=(4, 8)).fit(small_portraits, validate_colors=True)
