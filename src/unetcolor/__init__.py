"""Colorize grayscale pictures with U-Nets.

The names below load when they are first used, so that ``import unetcolor`` costs next to nothing and
TensorFlow starts only when a network is needed.
"""

import json
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from unetcolor._quiet import quiet_tensorflow

if TYPE_CHECKING:
    from unetcolor.colorizer import UNetColorizer as UNetColorizer
    from unetcolor.errors import ImageReadError as ImageReadError
    from unetcolor.errors import ModelLoadError as ModelLoadError
    from unetcolor.hints import Hint as Hint
    from unetcolor.models.presets import list_presets as list_presets
    from unetcolor.networks.unet import build_unet as build_unet
    from unetcolor.spaces import Channel as Channel
    from unetcolor.spaces import ColorSpace as ColorSpace
    from unetcolor.spaces import get_color_space as get_color_space
    from unetcolor.spaces import list_color_spaces as list_color_spaces
    from unetcolor.spaces import register_color_space as register_color_space

__version__ = "0.1.0"

_HOME = {
    "UNetColorizer": "unetcolor.colorizer",
    "build_unet": "unetcolor.networks.unet",
    "Hint": "unetcolor.hints",
    "list_presets": "unetcolor.models.presets",
    "Channel": "unetcolor.spaces",
    "ColorSpace": "unetcolor.spaces",
    "get_color_space": "unetcolor.spaces",
    "list_color_spaces": "unetcolor.spaces",
    "register_color_space": "unetcolor.spaces",
    "ImageReadError": "unetcolor.errors",
    "ModelLoadError": "unetcolor.errors",
}

__all__ = [*_HOME, "__version__"]


def _choose_backend() -> None:
    """Let Keras run on what is installed: it takes TensorFlow unless it is told, and does not import without it."""
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules or find_spec("tensorflow") is not None:
        return
    installed = [backend for backend in ("jax", "torch") if find_spec(backend) is not None]
    if installed and _backend_in_settings() not in installed:
        os.environ["KERAS_BACKEND"] = installed[0]


def _backend_in_settings() -> Any:
    """Return the backend that the user's settings of Keras name, if they do."""
    folder = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        with open(os.path.join(folder, "keras.json"), encoding="utf-8") as file:
            return json.load(file).get("backend")
    except (OSError, ValueError, AttributeError):
        return None


_choose_backend()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with quiet_tensorflow():
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
