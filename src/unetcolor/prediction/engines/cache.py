"""The engines of a network that may still change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from unetcolor.prediction.engines import Engine, engine_for

if TYPE_CHECKING:
    from unetcolor.networks.precision import Precision
    from unetcolor.networks.snapshot import Snapshot


class EngineCache:
    """Keeps an engine for each way in which a network was asked for, until its weights change.

    The weights are compared at each use, whoever may have changed them: that takes a millisecond or two, and an engine
    takes about a second to make.
    """

    def __init__(self) -> None:
        # Threads that begin together would all make the same engine.
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], tuple[Snapshot, Engine]] = {}

    def get(self, network: Any, precision: Precision, name: str) -> Engine:
        """Return an engine that predicts as the network does with its present weights.

        Parameters
        ----------
        network
            The same Keras model at every call.
        precision, name
            As in :func:`unetcolor.prediction.engines.engine_for`.
        """
        from unetcolor.networks.precision import resolve
        from unetcolor.networks.snapshot import Snapshot

        key = (resolve(precision), name)
        with self._lock:
            if key not in self._made or not self._made[key][0].matches(network):
                # The snapshot first: of weights that change meanwhile, it must be the older one.
                self._made[key] = Snapshot(network), engine_for(network, precision, name)
            return self._made[key][1]
