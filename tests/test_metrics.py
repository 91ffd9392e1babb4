from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from coloraide import Color
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import deltaE_ciede2000
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from unetcolor.metrics import colorfulness, delta_e, delta_e_map, format_scores, psnr, scores, ssim, summarize

# Sharma, Wu and Dalal (2005), "The CIEDE2000 color-difference formula: implementation notes, supplementary test
# data, and mathematical observations", table 1: L*, a*, b* of two colors, and their difference.
SHARMA = [
    (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
    (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
    (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
    (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
    (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
    (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
    (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
    (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
    (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
    (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
    (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
    (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
    (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
    (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]

sizes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))
pictures = hnp.arrays(np.uint8, sizes)
pairs = sizes.flatmap(lambda shape: st.tuples(hnp.arrays(np.uint8, shape), hnp.arrays(np.uint8, shape)))


def random_picture(seed: int, height: int = 9, width: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def to_gray(rgb: np.ndarray) -> np.ndarray:
    return np.repeat(rgb.mean(axis=-1, keepdims=True).astype(np.uint8), 3, axis=-1)


def independent_delta_e(first: np.ndarray, second: np.ndarray) -> float:
    colors = (Color("srgb", [int(value) / 255 for value in pixel]) for pixel in (first, second))
    one, two = (color.convert("lab-d65") for color in colors)
    return one.delta_e(two, method="2000", space="lab-d65")


class TestDeltaE:
    @pytest.mark.parametrize("row", SHARMA)
    def test_formula_gives_the_published_differences(self, row):
        one, two, expected = np.array(row[:3]), np.array(row[3:6]), row[6]
        assert float(deltaE_ciede2000(one, two)) == pytest.approx(expected, abs=1e-4)
        assert float(deltaE_ciede2000(two, one)) == pytest.approx(expected, abs=1e-4)

    @pytest.mark.parametrize("row", SHARMA)
    def test_published_differences_are_those_of_an_independent_implementation(self, row):
        one, two = Color("lab-d65", row[:3]), Color("lab-d65", row[3:6])
        assert one.delta_e(two, method="2000", space="lab-d65") == pytest.approx(row[6], abs=1e-4)

    def test_map_of_rgb_pictures_equals_an_independent_implementation(self):
        truth, predicted = random_picture(0), random_picture(1)
        expected = [
            [independent_delta_e(one, two) for one, two in zip(*rows, strict=True)]
            for rows in zip(truth, predicted, strict=True)
        ]
        np.testing.assert_allclose(delta_e_map(truth, predicted), expected, atol=2e-3)
        assert delta_e(truth, predicted) == pytest.approx(np.mean(expected), abs=1e-3)

    def test_black_against_white_is_100(self):
        black, white = np.zeros((2, 3, 3), np.uint8), np.full((2, 3, 3), 255, np.uint8)
        assert delta_e(black, white) == pytest.approx(100, abs=1e-4)


class TestPsnr:
    def test_value_computed_by_hand(self):
        truth, predicted = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2, 3), np.uint8)
        predicted[0, 0, 1] = 51
        # One of six values is off by 0.2: MSE = 0.04 / 6, and 10 log10(150) = 21.7609.
        assert psnr(truth, predicted) == pytest.approx(21.7609, abs=1e-4)

    def test_equals_scikit_image(self):
        truth, predicted = random_picture(0), random_picture(1)
        assert psnr(truth, predicted) == pytest.approx(peak_signal_noise_ratio(truth, predicted), abs=1e-5)

    def test_equal_pictures_are_infinitely_close(self):
        assert psnr(random_picture(0), random_picture(0)) == float("inf")


class TestSsim:
    def test_equals_scikit_image_on_8_bit_values(self):
        truth, predicted = random_picture(0, 20, 30), random_picture(1, 20, 30)
        expected = structural_similarity(truth, predicted, channel_axis=-1, data_range=255)
        assert ssim(truth, predicted) == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize(("side", "window"), [(3, 3), (4, 3), (5, 5), (6, 5), (7, 7)])
    def test_window_is_the_largest_odd_one_that_fits(self, side, window):
        truth, predicted = random_picture(0, side, 12), random_picture(1, side, 12)
        expected = structural_similarity(truth, predicted, win_size=window, channel_axis=-1, data_range=255)
        assert ssim(truth, predicted) == pytest.approx(expected, abs=1e-6)

    @pytest.mark.parametrize("shape", [(2, 9), (9, 2), (1, 1)])
    def test_none_below_three_pixels(self, shape):
        assert np.isnan(ssim(random_picture(0, *shape), random_picture(0, *shape)))


class TestColorfulness:
    def test_value_computed_by_hand(self):
        # Red: rg = 255, yb = 127.5. Blue: rg = 0, yb = -255. Deviations 127.5 and 191.25, means 127.5 and -63.75.
        picture = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
        expected = (127.5**2 + 191.25**2) ** 0.5 + 0.3 * (127.5**2 + 63.75**2) ** 0.5
        assert colorfulness(picture) == pytest.approx(expected, abs=1e-4)

    def test_opponent_differences_keep_their_signs(self):
        picture = np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8)
        # rg is 255 and -255, yb 127.5 twice; with |rg| = 255 twice there would be no deviation at all.
        unsigned = 0.3 * (255**2 + 127.5**2) ** 0.5
        assert colorfulness(picture) == pytest.approx(255 + 0.3 * 127.5, abs=1e-4)
        assert colorfulness(picture) > 3 * unsigned

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_gray_has_none(self, dtype):
        values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (5, 5, 1), dtype, endpoint=True)
        assert colorfulness(np.repeat(values, 3, axis=-1)) == 0


class TestEveryMetric:
    @pytest.mark.parametrize("metric", [psnr, ssim, delta_e])
    @settings(max_examples=25)
    @given(pair=pairs)
    def test_symmetric(self, metric, pair):
        assert metric(*pair) == pytest.approx(metric(*reversed(pair)), abs=1e-5, nan_ok=True)

    @settings(max_examples=25)
    @given(picture=pictures)
    def test_equal_pictures_have_the_best_scores(self, picture):
        best = scores(picture, picture.copy())
        assert best["psnr"] == float("inf")
        assert best["delta_e"] == 0
        assert best["ssim"] == pytest.approx(1, abs=1e-9) or min(picture.shape[:2]) < 3

    @settings(max_examples=25)
    @given(pair=pairs)
    def test_ranges(self, pair):
        result = scores(*pair)
        assert result["psnr"] >= 0
        assert result["delta_e"] >= 0
        assert result["colorfulness"] >= 0
        assert np.isnan(result["ssim"]) or -1 <= result["ssim"] <= 1 + 1e-9

    @pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
    def test_range_follows_from_the_dtype(self, dtype):
        truth, predicted = random_picture(0), random_picture(1)
        other = predicted / 255.0 if np.dtype(dtype).kind == "f" else predicted.astype(dtype) * 257
        assert scores(truth, other.astype(dtype)) == pytest.approx(scores(truth, predicted), rel=1e-5)

    @pytest.mark.parametrize("metric", [psnr, ssim, delta_e, delta_e_map, scores])
    def test_inputs_are_not_modified(self, metric):
        truth, predicted = random_picture(0) / 255.0, random_picture(1) / 255.0
        copies = truth.copy(), predicted.copy()
        metric(truth, predicted)
        np.testing.assert_array_equal(truth, copies[0])
        np.testing.assert_array_equal(predicted, copies[1])

    @pytest.mark.parametrize("metric", [psnr, ssim, delta_e, delta_e_map, scores])
    def test_different_shapes_are_refused_with_both(self, metric):
        with pytest.raises(ValueError, match=r"one shape, not \(4, 5, 3\) and \(5, 4, 3\)"):
            metric(random_picture(0, 4, 5), random_picture(0, 5, 4))

    @pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4, 3), (4, 4, 1), (0, 4, 3)])
    def test_anything_but_one_picture_is_refused(self, shape):
        picture = np.zeros(shape, np.uint8)
        with pytest.raises(ValueError, match=r"shape \(height, width, 3\), not"):
            scores(picture, picture)
        with pytest.raises(ValueError, match=r"shape \(height, width, 3\), not"):
            colorfulness(picture)

    def test_values_out_of_range_are_refused(self):
        with pytest.raises(ValueError, match=r"0\.\.1"):
            colorfulness(np.full((2, 2, 3), 200.0))


class TestSummary:
    def test_holds_the_means_of_each_picture_of_any_size(self):
        truth = [random_picture(i, 8 + i, 9) for i in range(3)]
        predicted = [random_picture(10 + i, 8 + i, 9) for i in range(3)]
        gray = [to_gray(rgb) for rgb in truth]
        summary = summarize(truth, predicted, gray)
        for name in ("psnr", "ssim", "delta_e", "colorfulness"):
            own = [scores(t, p)[name] for t, p in zip(truth, predicted, strict=True)]
            plain = [scores(t, g)[name] for t, g in zip(truth, gray, strict=True)]
            assert summary[name] == pytest.approx(np.mean(own))
            assert summary[f"gray_{name}"] == pytest.approx(np.mean(plain))
        assert summary["true_colorfulness"] == pytest.approx(np.mean([colorfulness(t) for t in truth]))
        assert summary["gray_colorfulness"] == 0
        assert summary["pictures"] == 3
        assert len(summary) == 11

    def test_counts_the_pictures_that_beat_gray(self):
        truth = [random_picture(i) for i in range(4)]
        gray = [to_gray(rgb) for rgb in truth]
        # One perfect, one no better than gray, two worse than gray.
        predicted = [truth[0], gray[1], 255 - truth[2], 255 - truth[3]]
        assert summarize(truth, predicted, gray)["better_than_gray"] == 0.25

    def test_takes_generators_one_picture_at_a_time(self):
        drawn = []

        def draw(kind):
            for i in range(3):
                drawn.append((i, kind))
                yield random_picture(i, 3, 3)

        summarize(draw("truth"), draw("predicted"), draw("gray"))
        assert drawn == [(i, kind) for i in range(3) for kind in ("truth", "predicted", "gray")]

    def test_refuses_different_numbers_of_pictures(self):
        one, two = [random_picture(0)], [random_picture(0), random_picture(1)]
        with pytest.raises(ValueError, match="there is no picture 2 in predicted"):
            summarize(two, one, two)
        with pytest.raises(ValueError, match="there is no picture 2 in gray"):
            summarize(iter(two), iter(two), iter(one))

    def test_refuses_no_pictures(self):
        with pytest.raises(ValueError, match="no pictures to score"):
            summarize([], [], [])

    def test_table_is_aligned_and_holds_each_figure(self):
        truth = [random_picture(0), random_picture(1)]
        predicted, gray = [rgb // 2 for rgb in truth], [to_gray(rgb) for rgb in truth]
        summary = summarize(truth, predicted, gray)
        *table, last = format_scores(summary).splitlines()
        assert len({len(line) for line in table}) == 1
        assert [line[:12].strip() for line in table] == ["", "PSNR (dB)", "SSIM", "CIEDE2000", "colorfulness"]
        assert table[1].split()[2:] == [f"{summary['psnr']:.2f}", f"{summary['gray_psnr']:.2f}", "-"]
        assert table[4].split()[3] == f"{summary['true_colorfulness']:.2f}"
        assert last == f"better than gray on {100 * summary['better_than_gray']:.0f} % of 2 pictures"

    def test_table_of_one_perfect_picture_too_small_for_ssim(self):
        picture = random_picture(0, 2, 2)
        text = format_scores(summarize([picture], [picture], [to_gray(picture)]))
        assert " inf " in text
        assert " nan " in text
        assert text.endswith("better than gray on 100 % of 1 picture")


def test_import_needs_neither_tensorflow_nor_scikit_image():
    code = "import sys, unetcolor.metrics; print({'tensorflow', 'keras', 'skimage', 'scipy'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
