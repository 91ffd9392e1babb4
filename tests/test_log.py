"""The library tells what it does to the logger ``unetcolor``, and to nobody who has not asked."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor._progress import tell
from unetcolor.prediction.predictor import Predictor

LOAD = """
import logging, sys
if len(sys.argv) > 1:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
from unetcolor.prediction.predictor import Predictor
Predictor.load("photo", engine="onnx")
"""


def test_who_asks_is_told_and_nobody_else() -> None:
    silent, told = (
        subprocess.run([sys.executable, "-c", LOAD, *asks], capture_output=True, text=True, check=True)
        for asks in ([], ["asks"])
    )
    assert (silent.stdout, silent.stderr) == ("", "")
    assert told.stdout == ""
    assert told.stderr.startswith("unetcolor: loaded ")
    assert told.stderr.endswith("photo.onnx: engine onnx, float32\n")


def test_a_loaded_engine_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "unetcolor"):
        Predictor.load("photo", engine="onnx")
    assert [record.name for record in caplog.records] == ["unetcolor"]
    assert "engine onnx, float32" in caplog.text


def test_steps_are_logged_and_shown_on_the_standard_error(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, "unetcolor"):
        tell("Converting ...", verbose=True)
        tell("Comparing ...", verbose=False)
    assert caplog.messages == ["Converting ...", "Comparing ..."]
    # The standard output is for what the program itself prints.
    assert capsys.readouterr() == ("", "Converting ...\n")


def test_a_training_tells_where_it_goes_on(
    small_portraits: np.ndarray, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "kept.npz"
    with caplog.at_level(logging.INFO, "unetcolor"):
        for epochs in (1, 2):
            colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
            colorizer.fit(small_portraits, epochs=epochs, batch_size=8, checkpoint=path, verbose=0)
    assert caplog.messages == [
        f"wrote the checkpoint {path}, after epoch 1",
        f"the training goes on from {path}, after epoch 1",
        f"wrote the checkpoint {path}, after epoch 2",
    ]
