"""A name that is not known: what was probably meant is found whatever its letters look like."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from unetcolor import UNetColorizer, get_color_space, list_color_spaces
from unetcolor.errors import unknown_name
from unetcolor.losses import get_loss, list_losses
from unetcolor.models.presets import list_presets, path_of_model, path_of_preset
from unetcolor.networks.encoders import ENCODERS, get_encoder
from unetcolor.prediction.engines import get_engine, list_engines
from unetcolor.samples import load_photo, photos

REGISTRIES: list[tuple[Callable[[str], object], list[str]]] = [
    (get_color_space, list_color_spaces()),
    (UNetColorizer, list_color_spaces()),
    (path_of_preset, list_presets()),
    (path_of_model, list_presets()),
    (get_loss, list_losses()),
    (get_engine, list_engines()),
    (get_encoder, sorted(ENCODERS)),
    (load_photo, [path.stem for path in photos()]),
]


@pytest.mark.parametrize(("find", "names"), REGISTRIES)
def test_capital_letters_hyphens_and_spaces_are_understood(find: Callable[[str], object], names: list[str]) -> None:
    for name in names:
        for given in (name.upper(), name.title(), f"{name.upper()}s", name.upper().replace("_", "-")):
            with pytest.raises(ValueError, match=f"Did you mean '{name}'\\?"):
                find(given)


@pytest.mark.parametrize(
    ("given", "meant"), [("LAB", "lab"), ("OKLab", "oklab"), ("ok lab", "oklab"), ("YCbCr", "ycbcr"), ("LUV", "luv")]
)
def test_a_color_space_written_as_in_books_is_found(given: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"Did you mean '{meant}'\\?"):
        UNetColorizer(given)


def test_nothing_is_made_up() -> None:
    assert "Did you mean" not in unknown_name("space", "xyz", ["lab", "hsv"])
    assert "Did you mean" not in unknown_name("space", "", ["lab", "hsv"])
    assert "Did you mean" not in unknown_name("space", None, [])
    # Of two that differ in case alone, the first is as good as the other.
    assert "Did you mean 'Mine'?" in unknown_name("preset", "MINE", ["Mine", "mine"])
