from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unetcolor import UNetColorizer


@pytest.fixture
def model(trained: UNetColorizer, tmp_path: Path) -> Path:
    trained.save(tmp_path / "mine.keras")
    return tmp_path / "mine.keras"


def test_a_model_is_exported(run: Callable[..., Result], run_json: Callable[..., Any], model: Path) -> None:
    path = model.with_suffix(".tflite")
    done = run("export", model, path, "--size", 24, 30)
    assert done.exit_code == 0, done.stderr
    assert f"Wrote {path}: tflite, form network, 24 x 30" in done.stdout
    assert "on 3 sample pictures" in done.stdout
    before = path.read_bytes()
    assert "exists already: use overwrite" in run_json("export", model, path, "--size", 24, 30)["error"]
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_picture_form_is_exported_into_a_folder(run_json: Callable[..., Any], model: Path) -> None:
    folder = model.with_suffix("")
    told = run_json("export", model, folder, "--format", "saved_model", "--form", "picture", "--size", 24, 30)
    assert (told["format"], told["form"], told["size"]) == ("saved_model", "picture", [24, 30])
    assert told["difference"] <= 1
    assert (folder / "saved_model.pb").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["model.tflite"], "takes pictures of one size"),
        (["model"], "give the format openvino or saved_model"),
        (["nowhere/model.onnx"], "does not exist"),
        (["model.onnx", "--form", "pictures"], "Invalid value"),
        (["model.onnx", "--format", "torch"], "Invalid value"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(
    run: Callable[..., Result], tmp_path: Path, arguments: list[str], message: str
) -> None:
    # There is no such model, either.
    done = run("export", tmp_path / "none.keras", tmp_path / arguments[0], *arguments[1:])
    assert done.exit_code == 2
    assert message in done.stderr.replace("\n", " ")
