from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.testing import Result

from unetcolor import list_color_spaces


def test_spaces_are_those_of_the_library(run: Callable[..., Result], run_json: Callable[..., Any]) -> None:
    assert [row["name"] for row in run_json("spaces")] == list_color_spaces()
    for name in list_color_spaces():
        assert name in run("spaces").stdout
