"""What is handed to the formats, and what they hand back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import keras

Run: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""Runs a file: a batch of inputs to a batch of outputs."""


@dataclass(frozen=True)
class Graph:
    """What is to be written.

    Attributes
    ----------
    model
        One input, one output, both ``(batch, height, width, channels)``.
    input, output
        Their names.
    texts
        What the file says of itself, by names: the record and the form.
    """

    model: keras.Model
    input: str
    output: str
    texts: Mapping[str, str]
