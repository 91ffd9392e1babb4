"""Engines: what runs a trained network. One file each, imported when it is asked for by name."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from unetcolor._quiet import quiet_tensorflow
from unetcolor.errors import MissingExtraError, unknown_name
from unetcolor.prediction.engines.base import Engine

if TYPE_CHECKING:
    import keras

    from unetcolor.networks.precision import Precision
    from unetcolor.prediction.engines.portable import PortableEngine

# The class of each, in the module of its name.
_ENGINES = {
    "openvino": "OpenVINOEngine",
    "onnx": "OnnxEngine",
    "tensorflow": "TensorFlowEngine",
    "keras": "KerasEngine",
}

# Those that run ONNX, the fastest first, with the package that each needs.
PORTABLE = {"openvino": "openvino", "onnx": "onnxruntime"}


def list_engines() -> list[str]:
    """Return the names of all engines, whether what they run on is installed or not.

    Examples
    --------
    >>> "tensorflow" in list_engines()
    True
    """
    return sorted(_ENGINES)


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
        raise ValueError(unknown_name("engine", name, list_engines()))
    try:
        with quiet_tensorflow():
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
        Of the arithmetic.
    name
        Name of the engine; ``"auto"`` takes ``"tensorflow"`` where that is Keras' backend and can freeze the network,
        and ``"keras"`` elsewhere. ``"onnx"`` and ``"openvino"`` turn the network into ONNX first, which takes seconds.

    Raises
    ------
    ValueError
        There is no engine of that name, or the precision is unknown, or not there.
    MissingExtraError
        What the engine runs on, or what turns the network into ONNX, is not installed.
    """
    from keras import backend

    if not isinstance(name, str) or name != "auto":
        engine = get_engine(name)
        return engine.from_model(model, engine.resolve(precision))
    if backend.backend() == "tensorflow":
        engine = get_engine("tensorflow")
        try:
            return engine.from_model(model, engine.resolve(precision))
        except (RuntimeError, TypeError, NotImplementedError):
            # A network that cannot be copied, of which a layer holds tensors beyond its variables: they belong to the
            # graph of their model alone.
            pass
    engine = get_engine("keras")
    return engine.from_model(model, engine.resolve(precision))


def fastest_portable(precision: Precision = "auto") -> str | None:
    """Return the name of the fastest engine for ONNX that is installed and has a precision, or None."""
    able = {name: package for name, package in PORTABLE.items() if name == "openvino" or precision != "bfloat16"}
    return next((name for name, package in able.items() if find_spec(package)), None)


def portable_engine(content: bytes, precision: Precision, name: str = "auto") -> PortableEngine:
    """Return an engine that runs a network in ONNX.

    Parameters
    ----------
    content
        The network, as :func:`unetcolor.networks.onnx.to_onnx` returns it.
    precision
        Of the arithmetic.
    name
        Name of the engine, ``"onnx"`` or ``"openvino"``; ``"auto"`` takes the fastest that is installed.

    Raises
    ------
    ValueError
        No engine of that name runs ONNX, or the precision is unknown, or the engine does not have it.
    MissingExtraError
        The engine, or each of them, is not installed.
    """
    if isinstance(name, str) and name == "auto":
        # Where there is none, one to install is named.
        name = fastest_portable(precision) or ("openvino" if precision == "bfloat16" else "onnx")
    engine: Any = get_engine(name)
    if name not in PORTABLE:
        raise ValueError(f"the engine {name!r} does not run models in ONNX: take 'auto', 'onnx' or 'openvino'")
    if not find_spec(PORTABLE[name]):
        raise MissingExtraError(PORTABLE[name], name)
    made: PortableEngine = engine(content, engine.resolve(precision))
    return made
