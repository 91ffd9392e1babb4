"""The precision that layers compute in, and what some of them do instead, while TensorFlow traces a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import keras

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]

# What Linux calls the instructions for bfloat16.
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}

# The layers belong to all threads. Whoever makes them compute in another way holds it, and whoever needs them as they
# are, such as to save them.
layers_lock = threading.RLock()


def resolve(precision: Precision) -> Precision:
    """Return ``"float32"`` or ``"bfloat16"``: what is asked for, or what ``"auto"`` means on this processor.

    Raises
    ------
    ValueError
        It is unknown, or this processor does not have it.
    """
    if precision not in get_args(Precision):
        raise ValueError(f"precision must be one of {', '.join(get_args(Precision))}, not {precision!r}")
    if precision == "auto":
        return "bfloat16" if has_bfloat16() else "float32"
    if precision == "bfloat16" and not has_bfloat16():
        raise ValueError("this processor has no instructions for bfloat16: take precision='auto' or 'float32'")
    return precision


@cache
def has_bfloat16() -> bool:
    """Tell whether the processor computes with bfloat16, as far as the system says."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


@contextmanager
def computing(
    model: keras.Model,
    precision: Precision,
    calls: Mapping[keras.layers.Layer, Callable[..., Any]],
    *,
    unchanged: tuple[type[keras.layers.Layer], ...] = (),
) -> Iterator[None]:
    """Let the layers of a network compute in another way, and restore them.

    Weights stay float32. So do the first convolution, and what follows it up to the second, because it sees the
    luminance itself, whose rounding to bfloat16, a level of 255, would change the colors most; and the answer.

    Parameters
    ----------
    model
        The network.
    precision
        Of the arithmetic, as :func:`unetcolor.networks.arithmetic.resolve` returns it.
    calls
        What some layers do instead of their own ``call``, with its arguments.
    unchanged
        Kinds of layers that keep the precision that they have.
    """
    layers = layers_of(model)
    convolutions = [i for i, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2D)]
    second = convolutions[1] if len(convolutions) > 1 else len(layers)
    # Layers that were given a precision of their own keep it.
    converted = [
        layer
        for layer in layers[second:]
        if layer.dtype_policy.name == "float32" and layer.name != "output" and not isinstance(layer, unchanged)
    ]
    with layers_lock:
        try:
            for layer in converted:
                layer.dtype_policy = _POLICIES[precision]
            for layer, call in calls.items():
                layer.call = call
            yield
        finally:
            for layer in converted:
                layer.dtype_policy = "float32"
            for layer in calls:
                del layer.call


def layers_of(model: keras.Model) -> list[keras.layers.Layer]:
    """Return all layers of a network, and those of the networks within it, in the order in which they compute."""
    layers = []
    for layer in model.layers:
        layers += [layer, *layers_of(layer)] if isinstance(layer, keras.Model) else [layer]
    return layers
