"""Load TensorFlow and a colorizer, without what TensorFlow says of itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from unetcolor.cli.output import messages
from unetcolor.models.presets import list_presets

if TYPE_CHECKING:
    from unetcolor import UNetColorizer


def load_colorizer(name: str, *, to_predict: bool = True) -> UNetColorizer:
    """Return the colorizer of a preset's name, or of a model file; ``to_predict`` prepares it for photos, too."""
    with loading(name):
        import numpy as np

        from unetcolor import UNetColorizer

        if name in list_presets() and not Path(name).exists():
            colorizer = UNetColorizer.from_preset(name)
        elif Path(name).suffix == ".keras":
            colorizer = UNetColorizer.load(name)
        else:
            raise ValueError(f"{name} is neither a model file (.keras) nor a preset ({', '.join(list_presets())})")
        if to_predict:
            # The first picture prepares the network, of which TensorFlow speaks, too.
            colorizer.predict(np.zeros((8, 8), np.uint8), verbose=0)
        return colorizer


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
