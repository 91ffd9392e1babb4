from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from unetcolor import samples
from unetcolor.images import write_image

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:120, :160]

# The network sees photos small here, which is fast.
SMALL = ("--size", "48")


def test_only_what_is_ours_is_on_the_screen(process: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """TensorFlow writes a dozen lines as it starts, whatever its settings say."""
    write_image(tmp_path / "x.png", GRAY)
    command = ("colorize", tmp_path / "x.png", "-o", tmp_path / "out", "--engine", "tensorflow", *SMALL)
    running = process(*command, env={**os.environ, "COLUMNS": "200"})
    output, messages = running.communicate(timeout=120)
    assert running.returncode == 0
    assert "Colorizing" in messages
    assert len(messages.strip().splitlines()) == 1, messages
    assert "The results are in" in output
