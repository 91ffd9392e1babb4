"""Whoever watches sees at once what is happening, and whoever does not, nothing of it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unetcolor import samples
from unetcolor.images import write_image

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:60, :80]

# Of the processor, until the first words: on a machine that does nothing else, that is how long it takes.
SECONDS = 0.6


def watched(arguments: list[str], folder: Path) -> tuple[float, list[str]]:
    """Run the command in a terminal; return its processor time until its first words, and all that it shows."""
    terminal, its_side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "unetcolor", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm-256color"},
        stdin=its_side,
        stdout=its_side,
        stderr=its_side,
    )
    os.close(its_side)
    written, first = b"", 0.0
    while True:
        try:
            part = os.read(terminal, 65536)
        # Linux's way to say that the other side has closed.
        except OSError:
            break
        if not part:
            break
        written += part
        if not first:
            # User and system time, the 14th and 15th; the name before them may hold anything.
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            first = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    os.close(terminal)
    process.wait()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\u2800-\u28ff]", "", written.decode())
    return first, [line.strip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "in").mkdir()
    for name in ("a.png", "b.png"):
        write_image(folder / "in" / name, GRAY)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="there, the system tells how long a process has worked")
def test_the_first_words_come_before_anything_is_loaded(folder: Path) -> None:
    arguments = ["colorize", "in", "-o", "out", "--size", "48"]
    begin = time.monotonic()
    first, shown = watched(arguments, folder)
    waited = time.monotonic() - begin
    assert first < SECONDS
    assert shown[0] == "Looking for photos ..."
    assert "Loading photo to colorize 2 photos ..." in shown
    # The bar's clock and the summary's run since the command began.
    bar = [line for line in shown if line.startswith("Colorizing") and "2/2" in line][-1]
    minutes, seconds = map(int, re.findall(r"0:(\d\d):(\d\d) left", bar)[0])
    # The line of figures of the summary: photos, colorized, skipped, kept, failed, megapixels, seconds.
    summary = next(line.split() for line in shown if re.fullmatch(r"2( +[\d.]+){6}", line))
    assert summary[:5] == ["2", "2", "0", "0", "0"]
    assert abs(60 * minutes + seconds - float(summary[-1])) <= 1.1
    assert float(summary[-1]) <= waited
    write_image(folder / "in" / "c.png", GRAY)
    _, shown = watched(arguments, folder)
    assert "Loading photo to colorize 1 of 3 photos ..." in shown
    assert "There already, made with the same settings: 2 results. --overwrite makes them again." in shown


def test_nobody_watches_a_pipe(process: Callable[..., subprocess.Popen[str]], folder: Path) -> None:
    running = process("colorize", "in", "-o", "pipe", "--size", "48", "--json", cwd=folder)
    _, messages = running.communicate(timeout=60)
    assert (running.returncode, messages) == (0, "")


def test_a_video_says_what_it_waits_for(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    first, shown = watched(["video", "film.mp4", "-o", "out.mp4"], tmp_path)
    assert first < SECONDS
    assert shown[0] == "Opening film.mp4 ..."
