"""Read, check, convert, resize and write one picture.

Everywhere here a picture is an array of shape ``(height, width)`` for gray, ``(height, width, 2)`` for gray and
alpha, ``(height, width, 3)`` for RGB, or ``(height, width, 4)`` for RGB and alpha. Its range follows from its
dtype: uint8 is 0..255, uint16 is 0..65535, floats are 0..1. Colors are sRGB.
"""

from unetcolor.images.arrays import GRAY_SPREAD, cover, from_float, is_gray, resize, shrink, split_alpha, to_float
from unetcolor.images.finding import find_pictures, pictures_in
from unetcolor.images.formats import FORMATS, WRITE_FORMATS
from unetcolor.images.metadata import Metadata
from unetcolor.images.opening import MAX_PIXELS
from unetcolor.images.reading import Photo, read, read_image, read_rgb
from unetcolor.images.taking import PictureLike, take
from unetcolor.images.writing import encode_image, write_image

__all__ = [
    "FORMATS",
    "GRAY_SPREAD",
    "MAX_PIXELS",
    "WRITE_FORMATS",
    "Metadata",
    "Photo",
    "PictureLike",
    "cover",
    "encode_image",
    "find_pictures",
    "from_float",
    "is_gray",
    "pictures_in",
    "read",
    "read_image",
    "read_rgb",
    "resize",
    "shrink",
    "split_alpha",
    "take",
    "to_float",
    "write_image",
]
