"""Color spaces: what the network sees, what it predicts, and how to get back to a picture."""

from unetcolor._strips import in_strips
from unetcolor.spaces.base import Channel, ColorSpace
from unetcolor.spaces.registry import get_color_space, list_color_spaces, register_color_space

__all__ = ["Channel", "ColorSpace", "get_color_space", "in_strips", "list_color_spaces", "register_color_space"]
