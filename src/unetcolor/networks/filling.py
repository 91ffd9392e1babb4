"""Hints for a network: known at some places only, and filled in at all others, at each size of the way up."""

from __future__ import annotations

from typing import Any

from keras import ops

# Colors of photos differ little from the middle of their range, and luminances more: these factors bring both to the
# spread of other feature maps.
_GAIN = 8.0
_GAIN_OF_PICTURE = 4.0


def filled_hints(picture: Any, hints: Any, depth: int) -> list[Any]:
    """Return hints at 1/2, 1/4, ... of the height and width, filled in where there are none.

    A few known pixels among thousands teach a network little. So each place is given the mean of the hints that are
    near: those of its own square, or else of the square of twice the side around it, and so on (the pull-push of
    Gortler et al. 1996, "The Lumigraph", without smoothing).

    Parameters
    ----------
    picture
        What else the network sees, shape ``(batch, height, width, channels)``; the sizes are multiples of
        ``2**depth``.
    hints
        Values in ``[0, 1]``, 0 where they are not known, and a mask, shape ``(batch, height, width, n + 1)``.
    depth
        Number of sizes.

    Returns
    -------
    list
        For each size, from the largest: the values, how the picture differs from where they come from, and how sure
        they are: 1 in a square with hints, half of that for each doubling of the square, and 0 in a picture without
        hints; together ``n + channels + 1`` channels, all 0 in a picture without hints.
    """
    values, mask = hints[..., :-1], hints[..., -1:]
    # What is known at a place: the values, and what the picture shows there.
    known = ops.concatenate([values - 0.5 * mask, picture * mask], axis=-1)
    sums = [_pool(ops.concatenate([known, mask], axis=-1), 2 ** (level + 1)) for level in range(depth)]
    pictures = [_pool(picture, 2 ** (level + 1)) for level in range(depth)]
    whole = ops.mean(sums[-1], axis=(1, 2), keepdims=True)
    # Times ones, not plus zeros: TensorFlow takes that for the addition of a bias, and fails.
    filled = ops.ones_like(sums[-1][..., :-1]) * _mean(whole)
    sure = ops.ones_like(sums[-1][..., -1:]) * ops.cast(whole[..., -1:] > 0, whole.dtype) / 2
    maps = []
    for level in reversed(range(depth)):
        if level != depth - 1:
            filled, sure = _twice(filled), 0.5 * _twice(sure)
        is_known = ops.cast(sums[level][..., -1:] > 0, sure.dtype)
        filled = is_known * _mean(sums[level]) + (1 - is_known) * filled
        sure = ops.maximum(is_known, sure)
        some = ops.cast(sure > 0, sure.dtype)
        channels = picture.shape[-1]
        difference = some * (pictures[level] - filled[..., -channels:])
        maps.append(ops.concatenate([_GAIN * filled[..., :-channels], _GAIN_OF_PICTURE * difference, sure], axis=-1))
    return maps[::-1]


def _pool(x: Any, stride: int) -> Any:
    return ops.average_pool(x, stride, stride, data_format="channels_last")


def _mean(sums: Any) -> Any:
    """Return the mean over what is known, 0 where nothing is."""
    return sums[..., :-1] / ops.maximum(sums[..., -1:], 1e-9)


def _twice(x: Any) -> Any:
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
