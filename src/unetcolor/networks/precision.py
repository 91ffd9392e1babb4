"""The precision that a network computes in. What needs no network needs no Keras."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from unetcolor.errors import shown

if TYPE_CHECKING:
    import keras

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]

# What Linux calls the instructions for bfloat16.
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}

# In half precision, arrays of no more values stay in float32. They take little room, and what rounding does to them,
# such as first kernels, biases and statistics, is what one would see.
_LARGE_ARRAY = 10_000


def resolve(precision: Precision, *, helps: bool | None = None) -> Precision:
    """Return ``"float32"`` or ``"bfloat16"``: what is asked for, or what ``"auto"`` means here.

    Parameters
    ----------
    precision
        What is asked for.
    helps
        Whether bfloat16 is faster, on a processor that has it: then ``"auto"`` means it. None asks which backend Keras
        runs on: it helps on TensorFlow, and of the other backends nobody knows that it does.

    Raises
    ------
    ValueError
        It is unknown, or this processor does not have it.
    """
    if not isinstance(precision, str) or precision not in get_args(Precision):
        raise ValueError(f"precision must be one of {', '.join(get_args(Precision))}, not {shown(precision)}")
    if precision == "auto":
        return "bfloat16" if has_bfloat16() and (_helps_keras() if helps is None else helps) else "float32"
    if precision == "bfloat16" and not has_bfloat16():
        raise ValueError("this processor has no instructions for bfloat16: take precision='auto' or 'float32'")
    return precision


def _helps_keras() -> bool:
    from keras import backend

    return bool(backend.backend() == "tensorflow")


def resolve_for_training(precision: Precision) -> Precision:
    """Return the precision to train in, as :func:`resolve` does: other backends than TensorFlow train in float32 only.

    Raises
    ------
    ValueError
        It is unknown, or neither this processor nor this backend has it.
    """
    from keras import backend

    resolved, name = resolve(precision), backend.backend()
    if resolved == "bfloat16" and name != "tensorflow":
        raise ValueError(
            f"networks are trained in bfloat16 on TensorFlow only, and Keras runs on {name} here: take "
            "precision='auto' or 'float32', or set the environment variable KERAS_BACKEND=tensorflow"
        )
    return resolved


@cache
def has_bfloat16() -> bool:
    """Tell whether the processor computes with bfloat16, as far as the system says."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


def halved(values: np.ndarray) -> np.ndarray:
    """Return an array of weights as a model file in half precision holds it: a large one in float16.

    Raises
    ------
    ValueError
        A weight is too large for float16.
    """
    if values.dtype != np.float32 or values.size <= _LARGE_ARRAY:
        return values
    with np.errstate(over="ignore"):
        small = values.astype(np.float16)
    if not np.isfinite(small).all():
        raise ValueError("the network's weights are too large for float16: save them in full precision")
    return small


def with_precision(model: keras.Model, precision: Precision) -> keras.Model:
    """Return a copy of a network that computes in a precision; the network itself is not changed.

    Weights stay float32. So do the first convolution, and what follows it up to the second, because it sees the
    luminance itself, whose rounding to bfloat16, a level of 255, would change the colors most; and the answer. Layers
    that were given a precision of their own keep it.

    Parameters
    ----------
    model
        The network.
    precision
        Of the arithmetic, as :func:`resolve` returns it.

    Raises
    ------
    UncopyableError
        The network is not a plain graph of layers, or has a layer that its own config cannot make.
    """
    from unetcolor.networks.copying import copy_structure, give_weights, remade, weights_of

    chosen = policies(model, precision)
    copy, pairs = copy_structure(model, lambda layer: remade(layer, **chosen.get(id(layer), {})))
    for layer, made in pairs:
        give_weights(made, weights_of(layer))
    return copy


def policies(
    model: keras.Model, precision: Precision, *, unchanged: tuple[type[keras.layers.Layer], ...] = ()
) -> dict[int, dict[str, str]]:
    """Return the change to the config of each layer, by its ``id``, that computes in another precision than it has.

    Parameters
    ----------
    model
        The network.
    precision
        Of the arithmetic, as :func:`resolve` returns it.
    unchanged
        Kinds of layers that keep the precision that they have.
    """
    if precision == "float32":
        return {}
    import keras

    from unetcolor.networks.copying import layers_of

    layers = layers_of(model)
    convolutions = [i for i, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2D)]
    second = convolutions[1] if len(convolutions) > 1 else len(layers)
    return {
        id(layer): {"dtype": "mixed_bfloat16"}
        for layer in layers[second:]
        if layer.dtype_policy.name == "float32" and layer.name != "output" and not isinstance(layer, unchanged)
    }
