"""What every engine is: a trained network, as it was when the engine was made, ready to run."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from unetcolor.networks.precision import Precision, resolve

if TYPE_CHECKING:
    import keras


class Engine(ABC):
    """Runs a network on batches of pictures of any size; threads may share it.

    An engine is a snapshot: later changes of the network's weights do not show. It holds what it runs as plain data,
    so that it can be pickled, and starts when it is first called: an engine that was pickled starts again.

    Attributes
    ----------
    name
        What :func:`unetcolor.prediction.engines.get_engine` finds it by.
    precision
        Of the arithmetic: ``"float32"`` or ``"bfloat16"``.

    Parameters
    ----------
    precision
        Of the arithmetic, as :meth:`resolve` returns it.
    """

    name: ClassVar[str]

    def __init__(self, precision: Precision) -> None:
        self.precision = precision
        self._run: Callable[[np.ndarray], np.ndarray] | None = None
        # One that was forked lacks the threads of its parent: what runs the network starts again.
        self._process = 0
        self._starting = threading.Lock()

    @classmethod
    def resolve(cls, precision: Precision) -> Precision:
        """Return ``"float32"`` or ``"bfloat16"``: what is asked for, or what ``"auto"`` means for this engine.

        Raises
        ------
        ValueError
            It is unknown, or this processor or this engine does not have it.
        """
        return resolve(precision)

    @classmethod
    @abstractmethod
    def from_model(cls, model: keras.Model, precision: Precision) -> Self:
        """Make an engine of a network.

        Parameters
        ----------
        model
            Maps ``(batch, height, width, channels)`` to such an array.
        precision
            Of the arithmetic, as :meth:`resolve` returns it; input and output are float32 in any case.
        """

    @abstractmethod
    def _start(self) -> Callable[[np.ndarray], np.ndarray]:
        """Return what runs the network, made of what the engine holds."""

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """Return what the network predicts for a batch ``(n, height, width, channels)``, both float32."""
        return self.start()(batch)

    def start(self) -> Callable[[np.ndarray], np.ndarray]:
        """Start the engine, unless it runs already, and return what runs the network."""
        run = self._run
        if run is None or self._process != os.getpid():
            # Threads that begin together would all do the same work.
            with self._starting:
                if self._run is None or self._process != os.getpid():
                    self._run, self._process = self._start(), os.getpid()
                run = self._run
        return run

    def __getstate__(self) -> dict[str, Any]:
        """Return all but what a process starts for itself."""
        return {name: value for name, value in vars(self).items() if name not in ("_run", "_process", "_starting")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled; the engine starts when it is first called."""
        Engine.__init__(self, state["precision"])
        vars(self).update(state)
