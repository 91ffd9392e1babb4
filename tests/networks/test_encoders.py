from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from unetcolor import UNetColorizer, build_unet
from unetcolor.errors import ModelLoadError
from unetcolor.networks.encoders import ENCODERS, efficientnet_lite0, encoder_from, get_encoder

# Features of a random picture as PyTorch computes them, written by recipes/convert_efficientnet_lite0.py.
GOLDEN = Path(__file__).parent / "golden" / "efficientnet_lite0.npz"

TINY = {"filters": (4, 4, 8, 8, 8), "convolutions": 1, "seed": 1}


def backbone(**options: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.applications.MobileNetV2(
        include_top=False, weights=None, alpha=0.35, input_shape=(None, None, 3), **options
    )


def own_encoder() -> keras.Model:
    return encoder_from(backbone(), ["block_1_expand_relu", "block_3_expand_relu"], low=-1, high=1)


def picture(height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).random((1, height, width, channels), dtype=np.float32)


def test_the_features_are_those_of_pytorch() -> None:
    golden = np.load(GOLDEN)
    features = efficientnet_lite0(input_channels=3)(golden["picture"])
    assert len(features) == 5
    for i, feature in enumerate(features):
        np.testing.assert_allclose(feature, golden[f"stage{i}"], atol=1e-4)


def test_gray_is_three_equal_channels() -> None:
    gray = picture(64, 48)
    for one, three in zip(
        efficientnet_lite0()(gray), efficientnet_lite0(input_channels=3)(np.repeat(gray, 3, axis=-1)), strict=True
    ):
        np.testing.assert_allclose(one, three, atol=1e-3)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("head_stride", [1, 2, 4, 32])
def test_every_encoder_takes_pictures_of_any_size(name: str, head_stride: int) -> None:
    model = build_unet(1, 2, encoder=get_encoder(name), head_stride=head_stride, **TINY)
    for size in [(1, 1), (5, 7), (33, 64), (100, 75)]:
        expected = tuple(-(-side // head_stride) for side in size)
        assert model(picture(*size)).shape == (1, *expected, 2)


@pytest.mark.parametrize("size", [(100, 75), (31, 33), (1, 65)])
def test_colors_stay_where_they_belong_in_pictures_of_odd_sizes(size: tuple[int, int]) -> None:
    # The same answer as for the picture whose last row and column are repeated up to multiples of 32: otherwise
    # convolutions of stride 2 shift what they see, stage by stage.
    model = build_unet(1, 2, encoder=get_encoder("efficientnet_lite0"), head_stride=2, **TINY)
    gray = picture(*size)
    filled = np.pad(gray, ((0, 0), *((0, -side % 32) for side in size), (0, 0)), mode="edge")
    rows, columns = (-(-side // 2) for side in size)
    np.testing.assert_allclose(model(gray), model(filled)[:, :rows, :columns], atol=1e-5)


@pytest.mark.parametrize("name", ENCODERS)
def test_an_encoders_normalization_stays_as_it_was_learned(name: str, portraits: np.ndarray) -> None:
    colorizer = UNetColorizer("lab", encoder=name, head_stride=2, **TINY)
    encoder = colorizer.model.get_layer(name)
    before = [np.array(variable) for variable in encoder.non_trainable_variables]
    assert len(before) > 100
    first = np.array(encoder.trainable_variables[0])
    colorizer.fit(portraits[:4], epochs=1, verbose=0)
    for old, new in zip(before, encoder.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.abs(first - encoder.trainable_variables[0]).max() > 0


def test_a_frozen_encoder_is_not_trained(small_portraits: np.ndarray) -> None:
    encoder = get_encoder("efficientnet_lite0")
    encoder.trainable = False
    before = [np.array(values) for values in encoder.get_weights()]
    colorizer = UNetColorizer("lab", encoder=encoder, **TINY)
    colorizer.fit(small_portraits[:4], epochs=1, verbose=0)
    for old, new in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("size", [(64, 64), (50, 31), (17, 33)])
def test_a_model_of_keras_applications_is_an_encoder(size: tuple[int, int]) -> None:
    model = build_unet(1, 2, encoder=own_encoder(), filters=(4, 8), seed=1)
    assert model(picture(*size)).shape == (1, *size, 2)


def test_an_encoder_sees_black_and_white_as_it_learned_them() -> None:
    model = backbone()
    stages = ["block_1_expand_relu", "block_3_expand_relu"]
    gray = np.repeat(picture(32, 32), 3, axis=-1)
    direct = keras.Model(model.input, model.get_layer(stages[0]).output)(gray * 255)
    np.testing.assert_allclose(encoder_from(model, stages, high=255)(gray)[0], direct, rtol=1e-4, atol=1e-5)


def test_a_colorizer_with_an_encoder_of_ones_own_is_saved_and_loaded(
    small_portraits: np.ndarray, tmp_path: Path
) -> None:
    colorizer = UNetColorizer("lab", encoder=own_encoder(), filters=(4, 8), seed=1)
    colorizer.fit(small_portraits, epochs=1, verbose=0)
    colorizer.save(tmp_path / "own.keras")
    with pytest.raises(ModelLoadError, match="pass it to load as encoder="):
        UNetColorizer.load(tmp_path / "own.keras")
    loaded = UNetColorizer.load(tmp_path / "own.keras", encoder=own_encoder())
    np.testing.assert_array_equal(loaded.predict(small_portraits), colorizer.predict(small_portraits))
    with pytest.raises(ModelLoadError):
        UNetColorizer.load(tmp_path / "own.keras", encoder=efficientnet_lite0())


def test_plain_keras_opens_a_network_with_an_encoder(portraits: np.ndarray, tmp_path: Path) -> None:
    colorizer = UNetColorizer("lab", encoder="efficientnet_lite0", head_stride=2, **TINY)
    colorizer.fit(portraits[:4], epochs=1, verbose=0)
    colorizer.save(tmp_path / "model.keras")
    loaded = UNetColorizer.load(tmp_path / "model.keras")
    plain = keras.saving.load_model(tmp_path / "model.keras")
    for model in (loaded.model, plain):
        np.testing.assert_array_equal(
            model.predict_on_batch(picture(33, 20)), colorizer.model.predict_on_batch(picture(33, 20))
        )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"encoder": "efficientnet_lite0"}, TypeError, "encoder must be a keras.Model"),
        ({"encoder": efficientnet_lite0(pretrained=False), "filters": (4, 8)}, ValueError, "filters must be 5 numbers"),
        (
            {"encoder": efficientnet_lite0(pretrained=False), "head_stride": 3},
            ValueError,
            "head_stride must be one of 1, 2, 4, 8, 16, 32 for this depth, not 3",
        ),
        ({"encoder": efficientnet_lite0(pretrained=False), "input_channels": 2}, ValueError, "of 1 channel,"),
        ({"head_stride": 0}, ValueError, "head_stride must be one of 1, 2, 4, 8, 16 for this depth, not 0"),
    ],
)
def test_an_encoder_that_does_not_fit_is_an_error(options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        build_unet(**{"input_channels": 1, "output_channels": 2, **options})


def test_stages_that_do_not_halve_the_size_are_an_error() -> None:
    encoder = encoder_from(backbone(), ["block_1_expand_relu", "block_6_expand_relu"])
    with pytest.raises(ValueError, match="the first of half the picture's size and each next of half the one before"):
        build_unet(1, 2, encoder=encoder, filters=(4, 8))


def test_an_encoder_for_one_size_is_an_error() -> None:
    fixed = keras.applications.MobileNetV2(include_top=False, weights=None, alpha=0.35, input_shape=(96, 96, 3))
    with pytest.raises(ValueError, match=r"of any size, not of shape \(None, 96, 96, 3\)"):
        build_unet(1, 2, encoder=fixed, filters=(4, 8))


def test_a_model_that_is_no_encoder_yet_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"encoder_from takes them from the layers of any model"):
        build_unet(1, 2, encoder=backbone(), filters=(4, 8))


def test_the_first_network_of_a_process_may_have_an_encoder_for_rgb() -> None:
    code = """
from unetcolor import build_unet
from unetcolor.networks.encoders import efficientnet_lite0
encoder = efficientnet_lite0(pretrained=False, input_channels=3)
build_unet(1, 2, encoder=encoder, filters=(4, 4, 4, 4, 4))
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_an_encoder_may_return_its_stages_by_name() -> None:
    inputs = keras.Input((None, None, 1))
    half = keras.layers.Conv2D(4, 3, 2, padding="same")(inputs)
    quarter = keras.layers.Conv2D(4, 3, 2, padding="same")(half)
    encoder = keras.Model(inputs, {"a": half, "b": quarter})
    assert build_unet(1, 2, encoder=encoder, filters=(4, 8))(picture(9, 9)).shape == (1, 9, 9, 2)


def test_one_encoder_given_twice_to_load_serves_both(small_portraits: np.ndarray, tmp_path: Path) -> None:
    encoder, results = own_encoder(), []
    for seed in (1, 2):
        colorizer = UNetColorizer("lab", encoder=own_encoder(), filters=(4, 8), seed=seed)
        colorizer.fit(small_portraits, epochs=1, verbose=0)
        colorizer.save(tmp_path / f"{seed}.keras")
        results.append(colorizer.predict(small_portraits))
    first, second = (UNetColorizer.load(tmp_path / f"{seed}.keras", encoder=encoder) for seed in (1, 2))
    np.testing.assert_array_equal(first.predict(small_portraits), results[0])
    np.testing.assert_array_equal(second.predict(small_portraits), results[1])


def test_an_encoder_of_keras_with_counters_is_saved_and_loaded(small_portraits: np.ndarray, tmp_path: Path) -> None:
    def counting() -> keras.Model:
        model = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(None, None, 3))
        return encoder_from(model, ["block2a_expand_activation", "block3a_expand_activation"], high=255)

    colorizer = UNetColorizer("lab", encoder=counting(), filters=(4, 8), seed=1)
    colorizer.fit(small_portraits[:2], epochs=1, verbose=0)
    colorizer.save(tmp_path / "own.keras")
    loaded = UNetColorizer.load(tmp_path / "own.keras", encoder=counting())
    np.testing.assert_array_equal(loaded.predict(small_portraits), colorizer.predict(small_portraits))


def test_an_encoder_that_cannot_be_read_back_is_refused_when_it_is_saved(
    small_portraits: np.ndarray, tmp_path: Path
) -> None:
    inputs = keras.Input((None, None, 1))
    half = keras.layers.SpectralNormalization(keras.layers.Conv2D(4, 3, 2, padding="same"))(inputs)
    encoder = keras.Model(inputs, [half, keras.layers.Conv2D(4, 3, 2, padding="same")(half)])
    colorizer = UNetColorizer("lab", encoder=encoder, filters=(4, 8), seed=1)
    colorizer.fit(small_portraits[:2], epochs=1, verbose=0)
    with pytest.raises(ValueError, match="cannot be read back, so nothing was written"):
        colorizer.save(tmp_path / "own.keras")
    assert list(tmp_path.iterdir()) == []


def test_unknown_names_are_errors() -> None:
    with pytest.raises(ValueError, match=r"unknown encoder 'efficientnet'.*Available: efficientnet_lite0"):
        UNetColorizer("lab", encoder="efficientnet")
    with pytest.raises(ValueError, match="has no layer 'top'"):
        encoder_from(backbone(), ["top"])
    with pytest.raises(ValueError, match="has no layer no stages"):
        encoder_from(backbone(), [])
    with pytest.raises(ValueError, match="input_channels must be 1 or 3, not 2"):
        efficientnet_lite0(input_channels=2)
