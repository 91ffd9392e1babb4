"""CIE 1976 lightness and its inverse; Lab and Luv share them."""

from __future__ import annotations

from unetcolor.spaces.arrays import Array, cube_root, piecewise

# CIE 15:2018, equations 8.6 to 8.8, as the exact fractions that make the two branches meet.
EPSILON = 216 / 24389
KAPPA = 24389 / 27


def compress(t: Array) -> Array:
    """Return the CIE 1976 function f(t): a cube root, and its tangent near black."""
    return piecewise(t, EPSILON, lambda t: (KAPPA * t + 16) / 116, cube_root)


def expand(f: Array) -> Array:
    """Invert :func:`compress`."""
    return piecewise(f, 6 / 29, lambda f: (116 * f - 16) / KAPPA, lambda f: f * f * f)


def luminance_to_lightness(y: Array) -> Array:
    """Return L* in 0..100 of the luminance Y in 0..1."""
    return 116 * compress(y) - 16


def lightness_to_luminance(lightness: Array) -> Array:
    """Return the luminance Y in 0..1 of L* in 0..100."""
    return expand((lightness + 16) / 116)
