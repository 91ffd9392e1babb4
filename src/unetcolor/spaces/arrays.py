"""One conversion for every kind of array: NumPy stays NumPy, everything else goes through ``keras.ops``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A NumPy array, a backend tensor, or a symbolic ``KerasTensor``."""

# Larger than the value of any color.
_FAR = 1e30


def namespace(x: Array) -> Any:
    """Return the module that computes on ``x``: ``numpy`` or ``keras.ops``.

    Keras is imported only when something other than a NumPy array comes in.
    """
    if isinstance(x, np.ndarray):
        return np
    from keras import ops

    return ops


def constant(values: float | Sequence[Any] | np.ndarray, like: Array) -> Array:
    """Return ``values`` as an array of the kind and dtype of ``like``."""
    if isinstance(like, np.ndarray):
        return np.asarray(values, dtype=like.dtype)
    from keras import ops

    return ops.convert_to_tensor(np.asarray(values), dtype=like.dtype)


def split_channels(x: Array) -> list[Array]:
    """Split ``(..., n)`` into ``n`` arrays of shape ``(..., 1)``."""
    return [x[..., i : i + 1] for i in range(x.shape[-1])]


def join_channels(*channels: Array) -> Array:
    """Join arrays of shape ``(..., 1)`` into one of shape ``(..., n)``."""
    return namespace(channels[0]).concatenate(channels, axis=-1)


def smallest_channel(x: Array) -> Array:
    """Return each pixel's smallest channel: ``(..., n)`` to ``(..., 1)``.

    Channel by channel, because ``keras.ops.min`` refuses an array without pixels.
    """
    return reduce(namespace(x).minimum, split_channels(x))


def largest_channel(x: Array) -> Array:
    """Return each pixel's largest channel: ``(..., n)`` to ``(..., 1)``."""
    return reduce(namespace(x).maximum, split_channels(x))


def linear_map(x: Array, matrix: np.ndarray) -> Array:
    """Multiply every pixel's channels by a matrix: ``(..., n)`` and ``(m, n)`` to ``(..., m)``."""
    # NumPy multiplies twice as fast by a matrix whose rows are contiguous.
    return namespace(x).matmul(x, constant(np.ascontiguousarray(matrix.T), x))


def piecewise(x: Array, edge: float, below: Callable[[Array], Array], above: Callable[[Array], Array]) -> Array:
    """Return ``below(x)`` up to ``edge``, and ``above(x)`` beyond it.

    ``above`` sees no value lower than the edge: a root or a power has no finite slope near 0.
    """
    # NumPy clips at both ends three times faster than it computes a maximum.
    result = above(namespace(x).clip(x, edge, _FAR))
    is_below = x <= edge
    if not isinstance(x, np.ndarray):
        return namespace(x).where(is_below, below(x), result)
    # Few pixels of a photo are dark enough to need it; where some are, taking those out first takes longer.
    if is_below.any():
        np.copyto(result, below(x), where=is_below)
    return result


def cube_root(x: Array) -> Array:
    """Return the cube root of values above 0."""
    return np.cbrt(x) if isinstance(x, np.ndarray) else x ** (1 / 3)


def signed_power(x: Array, exponent: float) -> Array:
    """Return ``sign(x) * |x| ** exponent``, with a gradient of zero instead of infinity at 0.

    The root has an infinite slope at 0, and ``where`` alone does not save the gradient: the branch that is not
    taken still contributes ``0 * inf = nan``. So a safe value replaces 0 before the root is taken.
    """
    xp = namespace(x)
    tiny = 1e-12
    magnitude = xp.abs(x)
    is_zero = magnitude < tiny
    safe = xp.where(is_zero, constant(1.0, x), magnitude)
    return xp.where(is_zero, constant(0.0, x), xp.sign(x) * safe**exponent)
