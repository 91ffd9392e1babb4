"""Load TensorFlow and a colorizer, without what TensorFlow says of itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

from unetcolor.cli._output import messages
from unetcolor.models.presets import path_of_model

if TYPE_CHECKING:
    from unetcolor import UNetColorizer
    from unetcolor.prediction.predictor import Predictor


def load_predictor(name_or_path: str) -> Predictor:
    """Return what gives photos their colors, for a preset's name or a model file's path, ready for the first photo."""
    # A misspelled name is told before TensorFlow is loaded, which takes seconds.
    path = path_of_model(name_or_path)
    with loading(name_or_path):
        import numpy as np

        from unetcolor.prediction.predictor import Predictor

        predictor = Predictor.load(path)
        # The first picture prepares the engine, and TensorFlow writes about that, too.
        predictor.predict(np.zeros((8, 8), np.uint8), verbose=0)
        return predictor


def load_colorizer(name_or_path: str) -> UNetColorizer:
    """Return the colorizer of a preset's name or a model file's path."""
    # A misspelled name is told before TensorFlow is loaded, which takes seconds.
    path = path_of_model(name_or_path)
    with loading(name_or_path):
        from unetcolor import UNetColorizer

        return UNetColorizer.load(path)


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Show that something is loaded, and hide what TensorFlow writes to the standard error as it starts.

    While it starts it heeds none of its settings for that, so the file itself is exchanged. Python's errors and our
    own messages are not touched.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    shown, sys.stderr = sys.stderr, open(kept, "w", buffering=1, closefd=False)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        with messages.status(f"Loading {escape(what)} ..."):
            yield
    finally:
        sys.stderr.flush()
        sys.stderr = shown
        os.dup2(kept, 2)
        os.close(kept)
