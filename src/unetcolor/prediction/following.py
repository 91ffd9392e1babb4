"""Make predicted colors follow the hints: what the network left of them is made up for, along the photo's edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unetcolor.codec import Codec
from unetcolor.hints import Cells
from unetcolor.prediction.upsample import EdgeAwareUpsampler

# All measured on photos whose true colors gave the hints. A correction hardly passes over a difference between
# neighbors of EDGE in luminance, network units, or of COLOR_EDGE in the predicted a* and b*: where those change, the
# network sees another thing. REACH is the distance, in pixels of its answer, over which a correction fades on a plain
# surface, for what lies on one surface has one error.
EDGE = 0.05
COLOR_EDGE = 1.0
REACH = 200.0

# How much of what hints change in the network's prediction is used. The network tints the whole picture by them; after
# the correction, this share is nearest to the truth, for any number of hints, and leaves a face as it is when a dress
# becomes red.
SHARE = 0.2

# No edge holds a correction back altogether.
_LEAK = 1e-4

# How much more a hint counts than one pixel's likeness to its neighbors.
_HOLD = 100.0

# The colors at the photo's own pixels are mixed from several of the answer, so a correction is corrected in turn.
_ROUNDS = 8

# Corrections of a* and b* that nobody sees.
_LEAST = 0.1

# Returns the colors of photo pixels, natural units, given what scales the answer's colors up.
Reader = Callable[[EdgeAwareUpsampler], np.ndarray]


def follow(
    colors: np.ndarray,
    luminance: np.ndarray,
    cells: Cells,
    surfaces: np.ndarray,
    codec: Codec,
    upsample: Callable[[np.ndarray], EdgeAwareUpsampler],
    luminance_at: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Return colors that have the hue and chroma of the hints at their places.

    The difference to the hints is spread over the picture by least squares: neighbors of like luminance, as in Levin et
    al. 2004, "Colorization using Optimization", and of like predicted colors get like corrections, and far from all
    hints there is none (a screened Poisson equation).

    Parameters
    ----------
    colors
        What the network predicts, natural units, shape ``(h, w, n)``.
    luminance
        The luminance at that size, network units, shape ``(h, w, 1)``.
    cells
        The hints, gathered at that size.
    surfaces
        What ``surfaces_of`` returns.
    codec
        Translates colors.
    upsample
        Returns what scales colors like ``colors`` up to the photo.
    luminance_at
        Returns the photo's luminance at pixels ``(k, 2)``, network units, shape ``(k, 1)``.

    Returns
    -------
    Natural units, shape ``(h, w, n)``.
    """
    pixels = cells.pixels[cells.places]
    seen = luminance_at(pixels)
    wanted = codec.chroma(seen, codec.hinted_targets(seen, cells.colors[cells.places]))
    before = codec.chroma(luminance, colors)
    spread = _spreader(surfaces, cells.places)
    # Hints of other colors that lie close together would ask for more and more of both. So no color becomes more vivid
    # than all that is wanted, or than it was predicted.
    limit = np.maximum(np.linalg.norm(before, axis=-1, keepdims=True), np.linalg.norm(wanted, axis=-1).max())
    asked = np.zeros_like(wanted)
    for _ in range(_ROUNDS):
        found = upsample(colors).at(pixels, seen)
        asked = asked + wanted - codec.chroma(seen, found)
        correction = spread(asked)
        changed = np.abs(correction).max(axis=-1) > _LEAST
        after = before + correction
        after *= np.minimum(1, limit / np.maximum(np.linalg.norm(after, axis=-1, keepdims=True), 1e-9))
        colors = colors.copy()
        colors[changed] = codec.with_chroma(luminance[changed], after[changed])
    return colors


def between(unhinted: np.ndarray, hinted: np.ndarray, luminance: np.ndarray, codec: Codec) -> np.ndarray:
    """Return what lies between the network's predictions without and with hints, natural units, shape ``(h, w, n)``."""
    chroma, other = (codec.chroma(luminance, colors) for colors in (unhinted, hinted))
    return codec.with_chroma(luminance, chroma + SHARE * (other - chroma))


def surfaces_of(luminance: np.ndarray, colors: np.ndarray, codec: Codec) -> np.ndarray:
    """Return what tells surfaces apart: a correction hardly passes over a difference of 1 between neighbors.

    Parameters
    ----------
    luminance
        Network units, shape ``(h, w, 1)``.
    colors
        What the network predicts without hints, natural units, shape ``(h, w, n)``: with hints it sees the patches of
        color, too.
    codec
        Translates colors.
    """
    return np.concatenate([luminance / EDGE, codec.chroma(luminance, colors) / COLOR_EDGE], axis=-1)


def _spreader(surfaces: np.ndarray, places: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what spreads values ``(k, n)`` at places over a picture: ``(h, w, n)``."""
    from scipy.sparse import coo_array, diags_array
    from scipy.sparse.linalg import splu

    count = places.size
    number = np.arange(count).reshape(places.shape)
    ends = [(number[:-1], number[1:]), (number[:, :-1], number[:, 1:])]
    first, second = (np.concatenate([pair[i].ravel() for pair in ends]) for i in (0, 1))
    flat = surfaces.reshape(count, -1).astype(np.float64)
    likeness = np.exp(-np.sum((flat[first] - flat[second]) ** 2, axis=-1)) + _LEAK
    joined = coo_array((likeness, (first, second)), shape=(count, count))
    joined = joined + joined.T
    held = _HOLD * places.ravel()
    system = diags_array(joined.sum(axis=1) + 1 / REACH**2 + held) - joined
    solve = splu(system.tocsc()).solve

    def spread(asked: np.ndarray) -> np.ndarray:
        values = np.zeros((count, asked.shape[-1]))
        values[places.ravel()] = _HOLD * asked
        return np.asarray(solve(values), np.float32).reshape(*places.shape, -1)

    return spread
