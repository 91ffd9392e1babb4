"""Training: from a folder to weights.

The classes here are options of :meth:`unetcolor.UNetColorizer.fit`.
"""

from __future__ import annotations

from unetcolor.training.ageing import Ageing
from unetcolor.training.augmentation import Augmentation
from unetcolor.training.forms import ColorPictures
from unetcolor.training.hinting import Hinting
from unetcolor.training.schedule import Cosine
from unetcolor.training.sources import Sources

__all__ = ["Ageing", "Augmentation", "ColorPictures", "Cosine", "Hinting", "Sources"]
