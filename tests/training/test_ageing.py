from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from unetcolor.training import Ageing

NOTHING = {"contrast": 0.0, "brightness": 0.0, "blur": 0.0, "noise": 0.0, "aged": 0.0}
PICTURE = np.indices((32, 32)).sum(axis=0)[..., np.newaxis].astype(np.float32) % 2 * 0.4 + 0.3


def aged(count: int = 100, **options: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([Ageing(**NOTHING | options).apply(PICTURE, rng) for _ in range(count)])


def test_without_any_change_the_luminance_stays() -> None:
    np.testing.assert_allclose(aged(1)[0], PICTURE, atol=1e-6)
    assert aged(1).dtype == np.float32


def test_contrast_and_brightness_change_within_their_limits() -> None:
    spreads = np.ptp(aged(contrast=0.25), axis=(1, 2, 3)) / np.ptp(PICTURE)
    assert 0.75 <= spreads.min() < 0.8
    assert 1.2 < spreads.max() <= 1.25
    shifts = (aged(brightness=0.1) - PICTURE).mean(axis=(1, 2, 3))
    assert -0.1 <= shifts.min() < -0.08
    assert 0.08 < shifts.max() <= 0.1


def test_a_share_of_the_pictures_is_blurred_and_gets_noise() -> None:
    blurred = aged(400, blur=2.0, aged=0.5).std(axis=(1, 2, 3)) < 0.99 * PICTURE.std()
    assert 0.3 < blurred.mean() < 0.55
    noisy = np.abs(aged(400, noise=0.05, aged=0.5) - PICTURE).max(axis=(1, 2, 3)) > 1e-3
    assert 0.3 < noisy.mean() < 0.55


def test_the_range_is_kept() -> None:
    values = aged(contrast=1.0, brightness=1.0, noise=1.0, aged=1.0)
    assert values.min() == 0.0
    assert values.max() == 1.0


@pytest.mark.parametrize("options", [{"noise": -0.1}, {"aged": 1.5}, {"contrast": 2.0}, {"blur": float("nan")}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} must be"):
        Ageing(**options)
