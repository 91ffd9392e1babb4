"""The colorizers that can be asked for, by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from unetcolor.errors import unknown_name
from unetcolor.models.presets import list_presets, path_of_model, path_of_preset
from unetcolor.prediction.predictor import Predictor


class Models:
    """All presets, and one model file; each is loaded when it is first asked for.

    Parameters
    ----------
    model
        A model file, or the name of a preset: what is taken where no name is given. It is loaded at once, so that a
        broken file is told, and the first photo does not wait.

    engine
        What runs the network, as in :meth:`Predictor.load`.

    Raises
    ------
    ModelLoadError
        The model cannot be loaded.
    """

    def __init__(self, model: str | os.PathLike[str] | None = None, engine: str = "auto") -> None:
        path = path_of_model("photo" if model is None else model)
        is_preset = path in map(path_of_preset, list_presets())
        self._engine = engine
        self._files = {} if is_preset else {path.name: path}
        self.chosen = path.stem if is_preset else path.name
        self.load: Callable[[str], Predictor] = kept(self._load, None)
        # An engine prepares itself when it sees the first picture.
        self.load(self.chosen).predict(np.zeros((8, 8), np.uint8), verbose=0)

    @property
    def names(self) -> list[str]:
        """What can be asked for; a path cannot."""
        return [*self._files, *list_presets()]

    def name_of(self, given: str) -> str:
        """Return the name of what is asked for, which may be a second name of a preset.

        Raises
        ------
        ValueError
            It is none of these, but perhaps a path.
        """
        if given in self._files:
            return given
        try:
            return path_of_preset(given).stem
        except ValueError:
            raise ValueError(unknown_name("model", given, self.names)) from None

    def _load(self, name: str) -> Predictor:
        return Predictor.load(self._files.get(name, name), engine=self._engine)


def kept(make: Callable[..., Any], count: int | None = 1) -> Callable[..., Any]:
    """Keep the last values that were made. If two ask for one at the same time, it is made once."""
    remember, lock = lru_cache(maxsize=count)(make), Lock()

    def ask(*arguments: Any) -> Any:
        with lock:
            return remember(*arguments)

    return ask
