from __future__ import annotations

import numpy as np

from unetcolor import samples
from unetcolor.training.colorful import has_color, is_toned


def test_toned_and_nearly_gray_photos_have_no_color(portraits: np.ndarray) -> None:
    portrait = portraits[0]
    gray = portrait.mean(axis=-1, keepdims=True)
    assert has_color(portrait)
    assert has_color((portrait / 255).astype(np.float32))
    assert not has_color(np.repeat(gray, 3, axis=-1).astype(np.uint8))
    sepia = np.clip(gray * [1.07, 0.95, 0.74], 0, 255).astype(np.uint8)
    assert not has_color(sepia)
    assert is_toned(sepia)
    # Blue shadows and yellow lights lie on one line, too, but on both sides of gray.
    wren = samples.load_photo("scene_canyon-wren")
    assert not is_toned(wren)
    assert is_toned(np.clip(wren.mean(axis=-1, keepdims=True) * [1.03, 1.0, 0.88], 0, 255).astype(np.uint8))
    nearly = np.clip(gray + 0.1 * (portrait - gray), 0, 255).astype(np.uint8)
    assert not has_color(nearly)
    assert not is_toned(portrait)
