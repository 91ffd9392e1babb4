from __future__ import annotations

import inspect
import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unetcolor import build_unet
from unetcolor.networks.options import UNetOptions

OPTIONS = st.builds(
    UNetOptions,
    encoder=st.none() | st.just("efficientnet_lite0"),
    filters=st.lists(st.integers(1, 64), min_size=1, max_size=10),
    convolutions=st.integers(1, 8),
    dropout=st.floats(0, 0.99),
    momentum=st.floats(0, 0.99),
    upsampling=st.sampled_from(["transpose", "nearest"]),
    skip_connections=st.booleans(),
    head_stride=st.sampled_from([1, 2, 4]),
)


@given(OPTIONS)
def test_options_survive_json(options: UNetOptions) -> None:
    assert UNetOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_build_unet_has_each_option_with_the_same_default() -> None:
    parameters = inspect.signature(build_unet).parameters
    for field in fields(UNetOptions):
        assert parameters[field.name].default == field.default


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("filters", 4, "filters must be 1 to 10 whole numbers from 1 to 4,096, one for each stage, not 4"),
        ("filters", "16", "filters must be 1 to 10 whole numbers"),
        ("filters", [4, True], "filters must be 1 to 10 whole numbers"),
        ("filters", (10**9, 10**9), "filters must be 1 to 10 whole numbers from 1 to 4,096"),
        ("filters", (4096, 4096), "filters must make a network of at most 100,000,000 weights, not 755,"),
        ("convolutions", 9, "convolutions must be at most 8, not 9"),
        ("convolutions", 2.0, "convolutions must be a whole number, not 2.0"),
        ("convolutions", True, "convolutions must be a whole number, not True"),
        ("dropout", "much", "dropout must be a number, not 'much'"),
        ("momentum", float("nan"), "momentum must be at least 0 and below 1, not nan"),
        ("upsampling", "bilinear", "upsampling must be one of transpose, nearest, not 'bilinear'"),
        ("skip_connections", "no", "skip_connections must be True or False, not 'no'"),
        ("head_stride", None, "head_stride must be a whole number, not None"),
        ("encoder", 5, "encoder must be a name or None, not 5"),
    ],
)
def test_an_option_says_what_it_may_be(option: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        UNetOptions(**{option: value})


def test_an_older_file_has_no_encoder_and_colors_at_full_size() -> None:
    plain = UNetOptions(filters=(4, 8)).to_json()
    old = {name: value for name, value in plain.items() if name not in ("encoder", "head_stride")}
    assert UNetOptions.from_json(old) == UNetOptions(filters=(4, 8))
    with pytest.raises(ValueError, match="missing or unknown entries: dropout, evil"):
        UNetOptions.from_json({k: v for k, v in plain.items() if k != "dropout"} | {"evil": 1})


def test_a_network_has_room_for_pictures_of_some_size() -> None:
    UNetOptions(filters=(16, 32)).require_room((2048, 2048))
    with pytest.raises(
        ValueError, match=r"image_size must leave each feature map .* take fewer filters or a smaller size"
    ):
        UNetOptions(filters=(64, 128)).require_room((2048, 2048))
    with pytest.raises(ValueError, match="image_size must have at most 4,194,304 pixels"):
        UNetOptions().require_room((1, 200_000_000))


def test_no_network_has_fewer_weights_than_its_options_say() -> None:
    for options in (UNetOptions(), UNetOptions(filters=(4, 8, 16), convolutions=3, skip_connections=False)):
        model = build_unet(1, 2, **{**options.to_json(), "encoder": None})
        assert 0.5 * model.count_params() < options.least_weights < model.count_params()
