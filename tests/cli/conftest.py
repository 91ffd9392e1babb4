from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from typer.testing import CliRunner, Result

from unetcolor import samples
from unetcolor.cli.commands import app
from unetcolor.images import write_image

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:120, :160]


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """Runs the command in this process."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def run_json(run: Callable[..., Result]) -> Callable[..., Any]:
    """Runs the command in this process, and returns what it prints for programs."""
    return lambda *arguments: json.loads(run(*arguments, "--json").stdout)


@pytest.fixture(scope="session")
def process() -> Callable[..., subprocess.Popen[str]]:
    """Starts the command in a process of its own."""

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from unetcolor.cli import main; main()", *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    return start


def rotated_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "A. Photographer"
    return exif


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    write_image(folder / "plain.jpg", GRAY)
    write_image(folder / "[red]scan.webp", GRAY)
    write_image(folder / "deep.png", GRAY.astype(np.uint16) * 257)
    alpha = np.full_like(GRAY, 255)
    alpha[:40] = 0
    write_image(folder / "rgba.png", np.dstack([GRAY, GRAY, GRAY, alpha]))
    Image.fromarray(GRAY).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(GRAY).save(folder / "rotated.jpg", exif=rotated_exif())
    (folder / "notes.png").write_text("hello")
    # No photo, and so no failure.
    (folder / "notes.txt").write_text("hello")
    (folder / "empty.jpg").touch()
    content = (folder / "plain.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(content[: len(content) // 2])
    return folder
