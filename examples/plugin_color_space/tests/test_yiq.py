"""Tests of the plug-in against unetcolor's laws and against the YIQ of scikit-image.

They ask for the space by its name, and so test the entry point too: install the package first.
"""

from __future__ import annotations

import numpy as np
from skimage.color import rgb2yiq

from unetcolor import get_color_space
from unetcolor.testing import check_color_space


def test_yiq_keeps_every_law() -> None:
    """Ranges, round trip, luminance, gray, gradients and tensors: all in one call."""
    check_color_space("yiq")


def test_yiq_agrees_with_scikit_image() -> None:
    """The matrix of scikit-image is rounded to 8 digits."""
    rgb = np.random.default_rng(0).uniform(0, 1, (100, 3))
    np.testing.assert_allclose(np.concatenate(get_color_space("yiq").encode(rgb), axis=-1), rgb2yiq(rgb), atol=1e-7)
