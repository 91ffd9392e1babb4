"""TensorFlow says less as it starts, if it is unetcolor that starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# TensorFlow's number for all but information. It reads the variable once, as it is imported.
_LEVEL, _WARNINGS = "TF_CPP_MIN_LOG_LEVEL", "1"


@contextmanager
def quiet_tensorflow() -> Iterator[None]:
    """Within the block, let TensorFlow be imported without information on processors and compilers.

    Warnings and errors stay. Where the user has chosen a level, or has imported TensorFlow already, nothing is changed;
    and the environment is as it was afterwards.
    """
    if "tensorflow" in sys.modules or _LEVEL in os.environ:
        yield
        return
    os.environ[_LEVEL] = _WARNINGS
    try:
        yield
    finally:
        os.environ.pop(_LEVEL, None)
