"""What holds for a training as a whole; single options are tested with the modules that they belong to."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from unetcolor import UNetColorizer
from unetcolor.training import data


def test_no_module_of_training_imports_tensorflow_by_itself() -> None:
    code = """
import sys
from unetcolor.training.fit import train
ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "unetcolor"}
assert len(ours) > 20
# Keras imports it as its backend, if it is; no module of ours does.
print([name for name, module in ours.items() if hasattr(module, "tf") or hasattr(module, "tensorflow")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_other_backends_get_the_same_batches_from_keras_itself(
    small_portraits: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained() -> UNetColorizer:
        colorizer = UNetColorizer("lab", filters=(4, 8), seed=1)
        options = {"validation_split": 0.25, "batch_size": 4, "epochs": 2, "augment": True, "verbose": 0}
        colorizer.fit(small_portraits, **options)
        return colorizer

    as_dataset = trained()
    monkeypatch.setattr(data, "_as_keras_takes_it", lambda batches, codec, sizes: batches)
    itself = trained()
    for got, wanted in zip(itself.model.get_weights(), as_dataset.model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert itself.training == as_dataset.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_split": 1.0}, "validation_split must be at least 0 and below 1, not 1.0"),
        ({"augment": "yes"}, "augment must be True, False or an Augmentation, not 'yes'"),
        ({"ageing": 0.5}, "ageing must be True, False or an Ageing, not 0.5"),
        ({"sizes": 96}, "sizes must be pairs of a number of epochs and a side"),
        ({"learning_rate": -1.0}, "learning_rate must be a number above 0 or a Cosine, not -1.0"),
        ({"epochs": 1.5}, "epochs must be a whole number, not 1.5"),
    ],
)
def test_options_that_cannot_be_are_refused_before_any_work(
    options: dict[str, Any], message: str, small_portraits: np.ndarray
) -> None:
    colorizer = UNetColorizer("lab", filters=(4, 8))
    with pytest.raises(ValueError, match=message):
        colorizer.fit(small_portraits, **options)
    assert colorizer.training == {}
    assert not colorizer.model.compiled
