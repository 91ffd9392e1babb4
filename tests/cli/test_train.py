from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from unetcolor import UNetColorizer, samples
from unetcolor.images import write_image


@pytest.fixture(scope="module")
def colors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colors")
    for i, portrait in enumerate(samples.load_portraits()[:12]):
        write_image(folder / f"{i}.png", portrait[::2, ::2])
    return folder


COURSE = ("--augment", "--ageing", "--sizes", "1x16,1x24", "--average", "0.5", "--warmup", "1")

TINY = ("--encoder", "none", "--filters", "4,8", "--image-size", "24", "--batch-size", "4")


def test_train_resume_evaluate_and_use(
    run: Callable[..., Result],
    run_json: Callable[..., Any],
    process: Callable[..., subprocess.Popen[str]],
    colors: Path,
    tmp_path: Path,
) -> None:
    whole, parts = tmp_path / "models" / "whole.keras", tmp_path / "parts.keras"
    assert run("train", colors, "-o", whole, "-s", "oklab", "-e", 3, *TINY).exit_code == 0
    assert run("train", colors, "-o", parts, "-s", "oklab", "-e", 1, *TINY).exit_code == 0
    refused = run("train", colors, "-o", parts, "-s", "oklab", "-e", 3, *TINY)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    # A new training that does not begin loses nothing of the old one.
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert run("train", nothing, "-o", parts, "--overwrite", *TINY).exit_code == 2
    other = run("train", colors, "-o", parts, "-s", "oklab", "-e", 3, "--resume", "--learning-rate", 1e-5, *TINY)
    assert other.exit_code == 2
    assert "that training has learning_rate=0.001, not 1e-05" in " ".join(other.stderr.split())
    done = run_json("train", colors, "-o", parts, "-s", "oklab", "-e", 3, "--resume", *TINY)
    assert done["training"]["epochs"] == 3
    assert len(done["history"]["loss"]) == 2
    for got, wanted in zip(
        UNetColorizer.load(parts).model.get_weights(), UNetColorizer.load(whole).model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(got, wanted)
    facts = run_json("info", parts)
    assert (facts["space"]["name"], facts["training"]["epochs"]) == ("oklab", 3)
    scores = run_json("evaluate", parts, colors)
    assert scores == UNetColorizer.load(parts).evaluate(colors, verbose=0)
    with_a_bad_one = tmp_path / "with_a_bad_one"
    shutil.copytree(colors, with_a_bad_one)
    (with_a_bad_one / "empty.png").touch()
    # A process of its own: pytest has its own way with warnings.
    evaluation = process("evaluate", parts, with_a_bad_one)
    table, notes = evaluation.communicate()
    assert "note: left out 1 of" in notes
    assert ".py:" not in notes
    assert f"{scores['delta_e']:.3f}" in table
    assert f"{scores['gray_delta_e']:.3f}" in table
    assert run("colorize", colors / "0.png", "-o", tmp_path / "out", "-m", parts).exit_code == 0


@pytest.mark.slow
def test_fine_tuning_begins_with_a_preset(
    run: Callable[..., Result], run_json: Callable[..., Any], colors: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.keras"
    refused = run("train", colors, "-o", path, "--from", "photo", "--image-size", 32, "--space", "rgb")
    assert refused.exit_code == 2
    assert "--space, --image-size" in refused.stderr
    done = run_json("train", colors, "-o", path, "--from", "photo", "-e", 1, "--loss", "mae")
    assert done["training"]["epochs"] == 1 + UNetColorizer.from_preset("photo").training["epochs"]
    assert UNetColorizer.load(path).model.count_params() == UNetColorizer.from_preset("photo").model.count_params()


def test_the_options_of_the_presets_trainings(
    run: Callable[..., Result], run_json: Callable[..., Any], colors: Path, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    shutil.copytree(colors, sources / "one")
    shutil.copytree(colors, sources / "two")
    held_out = ("--validation", colors, "--validate-colors")
    model = tmp_path / "model.keras"
    done = run_json("train", sources, "-o", model, "-e", 3, "--by-source", *COURSE, *held_out, *TINY)
    assert len(done["history"]["val_delta_e"]) == 3
    assert min(done["history"]["val_gray_delta_e"]) > 0
    assert UNetColorizer.load(model).predict(samples.load_portraits()[0]).shape == (100, 75, 3)
    refused = run("train", colors, "-o", tmp_path / "other.keras", "--sizes", "96", *TINY)
    assert refused.exit_code == 2
    assert "such as 22x96,28x128, not '96'" in refused.stderr
    refused = run("train", colors, "-o", tmp_path / "other.keras", "--strategy", "miror", *TINY)
    assert refused.exit_code == 2
    assert "Did you mean 'mirrored'" in refused.stderr


# The command shows it as a note.
@pytest.mark.filterwarnings("always:left out")
def test_a_folder_of_old_scans_is_not_trained_on(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for i, portrait in enumerate(samples.load_portraits()[:17]):
        # Black-and-white prints, five of them on yellowed paper.
        tint = [1.03, 1.0, 0.88] if i < 5 else [1, 1, 1]
        gray = portrait.mean(axis=-1, keepdims=True)
        write_image(tmp_path / "scans" / f"{i:02}.jpg", np.clip(gray * tint, 0, 255).astype(np.uint8))
    done = run("train", tmp_path / "scans", "-o", tmp_path / "mine.keras", *TINY)
    assert done.exit_code == 2
    assert "note: left out 17 of 17 files that are gray or toned" in " ".join(done.stderr.split())
    assert "none of 17 files is a readable picture in color" in " ".join(done.stderr.split())
    for i, portrait in enumerate(samples.load_portraits()[:3]):
        write_image(tmp_path / "scans" / f"color{i}.jpg", portrait)
    done = run("train", tmp_path / "scans", "-o", tmp_path / "mine.keras", *TINY)
    assert done.exit_code == 2
    assert "holds 3 photos in color; a training needs 10 at least" in " ".join(done.stderr.split())
    assert not (tmp_path / "mine.keras").exists()
