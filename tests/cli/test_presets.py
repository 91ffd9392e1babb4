from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unetcolor import UNetColorizer, list_presets, samples
from unetcolor.images import read_image
from unetcolor.models.presets import path_of_preset


def test_presets_are_those_of_the_library(run: Callable[..., Result], run_json: Callable[..., Any]) -> None:
    assert [row["name"] for row in run_json("presets")] == list_presets()
    for name in list_presets():
        assert name in run("presets").stdout
        assert "Limits" in run("presets", name).stdout
        assert run_json("presets", name)["file"] == str(path_of_preset(name))
        assert run_json("presets", name) == run_json("presets", "show", name)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNETCOLOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "presets"


def test_a_model_becomes_a_preset_and_goes_again(
    run: Callable[..., Result], run_json: Callable[..., Any], store: Path, tmp_path: Path
) -> None:
    shutil.copy(path_of_preset("photo"), tmp_path / "mine.keras")
    added = run("presets", "add", tmp_path / "mine.keras", "--name", "grandpa")
    assert added.exit_code == 0, added.stderr
    (tmp_path / "mine.keras").unlink()
    assert "grandpa" in run("presets").stdout
    assert str(store) in "".join(run("presets").stdout.split("\n"))
    # A long path is wrapped.
    assert "mine.keras" in "".join(run("presets", "grandpa").stdout.split())
    assert {row["name"]: row["from"] for row in run_json("presets")} == {
        "photo": "unetcolor",
        "grandpa": "user",
    }
    (photo,) = (path for path in samples.photos() if path.stem == "chelsea")
    done = run("colorize", photo, "-o", tmp_path / "out", "--preset", "grandpa", "--size", 48)
    assert done.exit_code == 0, done.stderr
    colored = read_image(tmp_path / "out" / photo.name)
    assert colored.shape == UNetColorizer.from_preset("grandpa").predict(photo, size=48).shape
    assert run_json("info", "grandpa")["file"] == str(store / "grandpa.keras")
    again = run_json("presets", "add", path_of_preset("photo"), "--name", "grandpa")
    assert "use overwrite" in again["error"]
    assert run("presets", "add", path_of_preset("photo"), "--name", "grandpa", "--overwrite").exit_code == 0
    assert run_json("presets", "remove", "grandpa") == {"name": "grandpa", "file": str(store / "grandpa.keras")}
    assert "grandpa" not in run("presets").stdout


def test_a_broken_file_in_the_folder_is_listed_and_breaks_nothing(run: Callable[..., Result], store: Path) -> None:
    store.mkdir(parents=True)
    (store / "broken.keras").write_text("hello")
    done = run("presets")
    assert done.exit_code == 0
    assert "broken" in done.stdout
    used = run("info", "broken")
    assert used.exit_code == 2
    assert "is not a readable .keras file" in used.stderr
