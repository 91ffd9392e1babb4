"""TensorFlow says less as it starts if unetcolor starts it, and nobody else's settings are changed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from unetcolor._quiet import quiet_tensorflow

LEVEL = "TF_CPP_MIN_LOG_LEVEL"

# What TensorFlow tells of the processor, as information.
INFORMATION = "cpu_feature_guard"

START = f"""
import os, sys
{{first}}
from unetcolor import UNetColorizer
assert "tensorflow" in sys.modules
print(os.environ.get("{LEVEL}"))
"""


def start(level: str | None, first: str = "") -> tuple[str, str]:
    """Return what a new process prints, and what is written to its standard error."""
    environment = {name: value for name, value in os.environ.items() if name != LEVEL}
    environment |= {} if level is None else {LEVEL: level}
    environment["KERAS_BACKEND"] = "tensorflow"
    done = subprocess.run(
        [sys.executable, "-c", START.format(first=first)], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip(), done.stderr


def test_tensorflow_tells_no_information_and_the_environment_is_as_it_was() -> None:
    printed, told = start(None)
    assert printed == "None"
    assert INFORMATION not in told


@pytest.mark.slow
def test_who_has_chosen_a_level_keeps_it() -> None:
    printed, told = start("0")
    assert printed == "0"
    # Else the test above would say nothing.
    assert INFORMATION in told


def test_who_has_imported_tensorflow_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LEVEL, raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with quiet_tensorflow():
        assert os.environ[LEVEL] == "1"
    assert LEVEL not in os.environ
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    with quiet_tensorflow():
        assert LEVEL not in os.environ


def test_an_error_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LEVEL, raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with pytest.raises(ImportError), quiet_tensorflow():
        raise ImportError
    assert LEVEL not in os.environ
