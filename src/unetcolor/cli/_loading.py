"""Load TensorFlow and a colorizer, without what TensorFlow says of itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from unetcolor.cli._output import messages, plain_text
from unetcolor.models.presets import path_of_model

if TYPE_CHECKING:
    from unetcolor import UNetColorizer
    from unetcolor.prediction.predictor import Predictor


def load_predictor(name_or_path: str, *, engine: str = "auto", verbose: bool = False, what_for: str = "") -> Predictor:
    """Return what gives photos their colors, for a preset's name or a model file's path, ready for the first photo.

    Parameters
    ----------
    name_or_path
        The name of a preset, or the path of a model file.
    engine
        Name of the engine.
    verbose
        Say which engine it is.
    what_for
        What to show while it is loaded, after its name, such as " to colorize 3 photos".
    """
    # A misspelled name is told before TensorFlow is loaded, which takes seconds.
    path = path_of_model(name_or_path)
    with loading(name_or_path + what_for):
        from unetcolor.prediction.predictor import Predictor

        predictor = Predictor.load(path, engine=engine)
        if "tensorflow" in sys.modules:
            _prepare(predictor)
        else:
            predictor.engine.start()
    if verbose:
        messages.print(plain_text(f"Engine: {predictor.engine.name}, {predictor.engine.precision}"))
    return predictor


def load_colorizer(name_or_path: str, *, to_predict: bool = True) -> UNetColorizer:
    """Return the colorizer of a preset's name or a model file's path; ``to_predict`` prepares it for photos, too."""
    # A misspelled name is told before TensorFlow is loaded, which takes seconds.
    path = path_of_model(name_or_path)
    with loading(name_or_path):
        from unetcolor import UNetColorizer

        colorizer = UNetColorizer.load(path)
        if to_predict:
            _prepare(colorizer.predictor())
        return colorizer


def _prepare(predictor: Predictor) -> None:
    """Show the engine a first picture, while what TensorFlow writes about it is hidden."""
    import numpy as np

    predictor.predict(np.zeros((8, 8), np.uint8), verbose=0)


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Show that something is loaded, and hide what TensorFlow writes to the standard error as it starts."""
    with showing(f"Loading {what}"):
        yield


@contextmanager
def showing(step: str) -> Iterator[None]:
    """Show what is done, and hide what TensorFlow and others write to the standard error meanwhile.

    While it starts it heeds none of its settings for that, so the file itself is exchanged. Python's errors and our
    own messages are not touched.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    shown, sys.stderr = sys.stderr, open(kept, "w", buffering=1, closefd=False)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        with messages.status(f"{plain_text(step)} ..."):
            yield
    finally:
        sys.stderr.flush()
        sys.stderr = shown
        os.dup2(kept, 2)
        os.close(kept)
