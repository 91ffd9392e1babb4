"""The examples run whole, on a data set of the right form that is small enough to be quick."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor.images import read_image

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(folder: Path, script: str, *arguments: str) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, str(EXAMPLES / script), *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def npz(tmp_path_factory: pytest.TempPathFactory, portraits: np.ndarray) -> Path:
    path = tmp_path_factory.mktemp("data") / "set.npz"
    small = portraits[::16, ::4, ::4]
    masks = np.full((*small.shape[:3], 1), 255, dtype=np.uint8)
    masks[:, :8] = 0
    np.savez(path, train_images=small[:8], test_images=small[8:], train_masks=masks[:8], test_masks=masks[8:])
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "written"),
    [
        ("classic_lab.py", {"classic_lab.png", "classic_lab.json"}),
        ("classic_rgb.py", {"classic_rgb.png", "classic_rgb.json", "classic_rgb_raw.png", "classic_rgb_raw.json"}),
    ],
)
def test_the_classic_experiment(script: str, written: set[str], npz: Path, tmp_path: Path) -> None:
    printed = run(tmp_path, script, str(npz), "--epochs", "1")
    space = script.removesuffix(".py").removeprefix("classic_")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == written | {f"classic_{space}{end}" for end in (".keras", "_history.png", "_history.json")}
    assert printed.count("plain gray") == len(written) / 2
    assert UNetColorizer.load(tmp_path / "out" / f"classic_{space}.keras").space.name == space


@pytest.mark.slow
def test_the_person_segmenter(npz: Path, tmp_path: Path) -> None:
    printed = run(tmp_path, "segment_people.py", str(npz), "--epochs", "1")
    assert "IoU of the person on 2 test portraits: 0." in printed
    assert "IoU of calling every pixel a person: 0.68" in printed
    assert read_image(tmp_path / "out" / "people.png").shape == (50, 38, 3)


@pytest.mark.slow
def test_the_comparison_of_spaces(npz: Path, tmp_path: Path) -> None:
    printed = run(tmp_path, "compare_spaces.py", "--data", str(npz), "--epochs", "1", "--spaces", "lab", "hsv")
    assert [line.split()[0] for line in printed.splitlines()] == ["space", "lab", "hsv"]
