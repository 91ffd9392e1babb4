"""Engines: what runs a trained network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Engine = Callable[[np.ndarray], np.ndarray]


def engine_for(model: Any, precision: Any = "auto", name: str = "auto") -> Engine:
    """Return what runs a network as it is now."""
    from unetcolor.networks.arithmetic import resolve
    from unetcolor.prediction.engines.tensorflow import FrozenNetwork

    return FrozenNetwork(model, resolve(precision))


class EngineCache:
    """Stand-in."""

    def get(self, model: Any, precision: Any, name: str) -> Engine:
        return engine_for(model, precision, name)
