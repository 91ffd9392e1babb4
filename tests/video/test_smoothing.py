"""Colors are steadied where the picture stays the same, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetcolor.video.smoothing import TemporalSmoother

STILL = np.random.default_rng(0).uniform(0.2, 0.8, (16, 20, 1)).astype(np.float32)


def noise(seed: int, scale: float, channels: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, (16, 20, channels)).astype(np.float32)


@given(st.floats(0.1, 0.95), st.integers(0, 99))
def test_flicker_of_a_still_picture_falls_with_the_strength(strength: float, seed: int) -> None:
    smooth = TemporalSmoother(strength)
    given_frames = [10 + noise(seed + i, 3, 2) for i in range(12)]
    frames = [smooth(STILL + noise(seed + 100 + i, 0.01, 1), frame) for i, frame in enumerate(given_frames)]
    flicker = np.abs(np.diff(frames[4:], axis=0)).mean() / np.abs(np.diff(given_frames[4:], axis=0)).mean()
    assert flicker < 1 - 0.6 * strength
    # Nothing is shifted on average.
    assert np.mean(frames[-1]) == pytest.approx(10, abs=0.6)


def test_strength_zero_changes_nothing() -> None:
    smooth = TemporalSmoother(0)
    for i in range(3):
        colors = noise(i, 5, 2)
        np.testing.assert_array_equal(smooth(STILL, colors), colors)


def test_after_a_cut_nothing_of_the_past_is_left() -> None:
    smooth = TemporalSmoother(0.9)
    smooth(STILL, np.full((16, 20, 2), 50.0))
    colors = np.full((16, 20, 2), -20.0)
    np.testing.assert_array_equal(smooth(STILL[::-1, ::-1], colors), colors)


@pytest.mark.parametrize("brightness", [1.0, 0.25])
def test_a_cut_is_seen_between_bright_scenes_and_between_dark_ones(brightness: float) -> None:
    columns, rows = (np.sin(np.linspace(0, 9, n)) / 2 + 0.5 for n in (20, 16))
    before = np.broadcast_to(brightness * columns[None, :, None], (16, 20, 1))
    after = np.broadcast_to(brightness * rows[:, None, None], (16, 20, 1))
    smooth = TemporalSmoother(0.9)
    smooth(before, np.full((16, 20, 2), 50.0))
    colors = np.full((16, 20, 2), -20.0)
    np.testing.assert_array_equal(smooth(after, colors), colors)


def test_grain_on_an_even_ground_is_no_cut() -> None:
    smooth = TemporalSmoother(0.8)
    smooth(0.4 + noise(0, 0.04, 1), np.zeros((16, 20, 2)))
    assert smooth(0.4 + noise(1, 0.04, 1), np.full((16, 20, 2), 10.0)).mean() < 6


def test_another_size_begins_anew() -> None:
    smooth = TemporalSmoother(0.9)
    smooth(STILL, np.full((16, 20, 2), 50.0))
    colors = np.full((8, 10, 2), -20.0)
    np.testing.assert_array_equal(smooth(STILL[::2, ::2], colors), colors)


def test_what_moves_leaves_no_ghost() -> None:
    """A bright red square crosses a dark gray ground."""
    smooth = TemporalSmoother(0.9)
    for left in range(0, 16, 4):
        luminance, colors = np.full((16, 20, 1), 0.3), np.zeros((16, 20, 2))
        luminance[6:10, left : left + 4], colors[6:10, left : left + 4] = 0.6, 60.0
        result = smooth(luminance, colors)
    assert result[6:10, 12:16].min() > 55
    # Where it was a frame ago, but for the rim, whose change is blurred with what stood still.
    assert np.abs(result[7:9, 9:11]).max() < 3


@pytest.mark.parametrize("strength", [-0.1, 1, float("nan")])
def test_a_strength_that_would_never_forget_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        TemporalSmoother(strength)
