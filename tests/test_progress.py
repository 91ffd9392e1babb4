from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from unetcolor import _progress
from unetcolor._progress import with_progress


@pytest.fixture(autouse=True)
def _each_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_PAUSE", 0.0)
    monkeypatch.setattr(_progress, "_PAUSE_IN_LOG", 0.0)
    # Another test may have loaded what tells a notebook.
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


def test_the_items_come_out_and_a_log_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(with_progress(iter(range(100)), "Scoring", 100, True)) == list(range(100))
    output, lines = capsys.readouterr()
    assert output == ""
    assert lines.splitlines()[49] == "Scoring: 50 of 100, 0:00:00 left"
    assert "\r" not in lines


def test_a_terminal_keeps_one_line_which_is_cleared_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    list(with_progress(range(64), "Scoring", 64, True))
    lines = capsys.readouterr().err
    assert "\n" not in lines
    assert "Scoring: 64 of 64" in lines
    assert lines.split("\r")[-2:] == [" " * 70, ""]


def test_an_error_finds_the_line_cleared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(with_progress(broken(), "Scoring", 100, True))
    assert capsys.readouterr().err.endswith(" \r")


@pytest.mark.parametrize(("total", "verbose"), [(63, True), (1000, False)])
def test_little_work_and_quiet_work_show_nothing(total: int, verbose: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(with_progress(range(total), "Scoring", total, verbose))) == total
    assert capsys.readouterr() == ("", "")


def test_it_needs_neither_keras_nor_rich() -> None:
    script = (
        "import sys; from unetcolor._progress import with_progress; list(with_progress(range(99), 'x', 99, True));"
        "print([name for name in ('keras', 'tensorflow', 'rich', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
