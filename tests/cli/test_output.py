from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from unetcolor.cli._output import INTERRUPTED, readable_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, None),
        (ValueError("wrong"), 2),
        (ModuleNotFoundError("No module named 'h5py'", name="h5py"), 2),
        (KeyboardInterrupt(), INTERRUPTED),
    ],
)
def test_warnings_and_signals_are_handled_as_before_afterwards(error: BaseException | None, status: int | None) -> None:
    before = warnings.showwarning, list(warnings.filters), signal.getsignal(signal.SIGTERM)
    if error is None:
        with readable_errors(False):
            assert warnings.showwarning is not before[0]
    else:
        with pytest.raises(SystemExit) as stopped, readable_errors(False):
            raise error
        assert stopped.value.code == status
    assert (warnings.showwarning, list(warnings.filters), signal.getsignal(signal.SIGTERM)) == before


def test_a_request_to_end_stops_as_ctrl_c_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped, readable_errors(False, "the rest is left"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopped.value.code == INTERRUPTED
    assert "stopped: the rest is left" in capsys.readouterr().err


def test_a_warning_is_one_line_without_code(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with readable_errors(False):
            warnings.warn("left out [1] of 2", stacklevel=1)
    assert capsys.readouterr().err == "note: left out [1] of 2\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_the_name_of_a_photo_cannot_steer_the_terminal(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long paths are folded, wherever that may be.
    monkeypatch.chdir(tmp_path)
    # It would clear the screen, and make what follows red.
    name = "\x1b[2J\x1b[31m.jpg"
    Path("in").mkdir()
    Path("in", name).write_text("no picture")
    for given in (Path("in", name), Path("in"), Path(f"missing{name}")):
        result = run("colorize", given, "--output", "out")
        assert result.exit_code in (1, 2)
        assert "?[2J?[31m.jpg" in result.output
        assert "\x1b" not in result.output
