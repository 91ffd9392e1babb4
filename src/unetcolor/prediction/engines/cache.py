"""The engines of a network whose weights may change."""

from __future__ import annotations

import threading
from typing import Any

import keras

from unetcolor._forking import about_to_compute
from unetcolor.networks.precision import Precision
from unetcolor.networks.snapshot import Snapshot, copies
from unetcolor.prediction.engines import engine_for, get_engine
from unetcolor.prediction.engines.base import Engine


class Engines:
    """The engines of one network, one for each precision, made when they are first needed and when it has changed.

    They are not pickled: a copy of it makes its own.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[str, Precision], tuple[Engine, Snapshot]] = {}
        self._making = threading.Lock()

    def get(self, model: keras.Model, precision: Precision, name: str = "auto") -> Engine:
        """Return an engine that predicts as the network does with its present weights.

        Parameters
        ----------
        model
            The network, always the same.
        precision
            Of the arithmetic.
        name
            Name of the engine, as in :func:`unetcolor.prediction.engines.engine_for`.

        Raises
        ------
        ValueError
            The precision is unknown, or this processor does not have it; or there is no engine of that name.
        """
        about_to_compute()
        # Those that "auto" chooses from agree in it.
        engine_class = get_engine("keras" if isinstance(name, str) and name == "auto" else name)
        key = name, engine_class.resolve(precision)
        engine = self._current(key, model)
        if engine is not None:
            return engine
        # Threads that begin together would all do the same work.
        with self._making:
            engine = self._current(key, model)
            if engine is None:
                # First the snapshot: a change in between is found at the next call.
                snapshot = Snapshot(model, _reader())
                engine = engine_for(model, key[1], name)
                self._made[key] = engine, snapshot
        return engine

    def __str__(self) -> str:
        made = {f"{engine.name} ({engine.precision})" for engine, _ in list(self._made.values())}
        return ", ".join(sorted(made)) or "none yet: the first predict chooses it"

    def __reduce__(self) -> tuple[Any, ...]:
        return Engines, ()

    def _current(self, key: tuple[str, Precision], model: keras.Model) -> Engine | None:
        engine, snapshot = self._made.get(key, (None, None))
        return engine if snapshot is not None and snapshot.matches(model) else None


def _reader() -> Any:
    if keras.backend.backend() != "tensorflow":
        return copies
    from unetcolor.prediction.engines.tensorflow import read

    return read
