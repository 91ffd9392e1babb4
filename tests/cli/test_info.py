from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unetcolor import list_presets
from unetcolor.models.presets import onnx_form, path_of_preset


def test_it_says_what_a_preset_is(
    run: Callable[..., Result],
    run_json: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list_presets():
        # A folder of that name is none of its business.
        (tmp_path / name).mkdir()
        facts = run_json("info", name)
        assert facts["file"] == str(path_of_preset(name))
        assert facts["space"]["name"] == "lab"
        assert f"{facts['training']['epochs']}" in run("info", name).stdout


def test_both_forms_of_a_preset_say_the_same(run_json: Callable[..., Any]) -> None:
    path = path_of_preset("photo")
    told = [run_json("info", each) for each in (path, onnx_form(path))]
    assert [Path(facts.pop("file")).suffix for facts in told] == [".keras", ".onnx"]
    for facts in told:
        del facts["megabytes"]
    assert told[0] == told[1]
