"""Engines: what runs a trained network. One file each, imported when it is asked for by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from unetcolor.errors import unknown_name
from unetcolor.prediction.engines.base import Engine

if TYPE_CHECKING:
    import keras

    from unetcolor.networks.precision import Precision

# The class of each, in the module of its name.
_ENGINES = {"tensorflow": "TensorFlowEngine", "keras": "KerasEngine"}


def get_engine(name: str) -> type[Engine]:
    """Return the engine of a name; only now what it runs on is imported.

    Raises
    ------
    ValueError
        There is no engine of that name.
    ImportError
        What it runs on is not installed.
    """
    if not isinstance(name, str) or name not in _ENGINES:
        raise ValueError(unknown_name("engine", name, sorted(_ENGINES)))
    try:
        module = import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise ImportError(f"the engine {name!r} needs {error.name}: install it, or take engine='auto'") from error
    engine: type[Engine] = getattr(module, _ENGINES[name])
    return engine


def engine_for(model: keras.Model, precision: Precision, name: str = "auto") -> Engine:
    """Return an engine that runs a network as it is now.

    Parameters
    ----------
    model
        The network.
    precision
        Of the arithmetic, as :func:`unetcolor.networks.precision.resolve` returns it.
    name
        Name of the engine; ``"auto"`` takes ``"tensorflow"`` where that is Keras' backend and can freeze the network,
        and ``"keras"`` elsewhere.

    Raises
    ------
    ValueError
        There is no engine of that name.
    """
    from keras import backend

    if not isinstance(name, str) or name != "auto":
        return get_engine(name).from_model(model, precision)
    if backend.backend() == "tensorflow":
        try:
            return get_engine("tensorflow").from_model(model, precision)
        except (RuntimeError, TypeError, NotImplementedError):
            # A network that cannot be copied, of which a layer holds tensors beyond its variables: they belong to the
            # graph of their model alone.
            pass
    return get_engine("keras").from_model(model, precision)
