"""A picture as people hold it: an array, a tensor, a path, a Pillow image, the content of a file, or an open file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Set
from io import BytesIO
from typing import IO, Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from PIL import Image

from unetcolor.errors import ImageReadError
from unetcolor.images.opening import PathLike, name_of
from unetcolor.images.reading import read_image


@runtime_checkable
class SupportsArray(Protocol):
    """What NumPy makes an array of: tensors of PyTorch, TensorFlow and JAX, and many others."""

    def __array__(self) -> Any:
        """Return the values as an array."""


OnePicture: TypeAlias = np.ndarray | bytes | bytearray | memoryview | Image.Image | IO[bytes]
"""A picture that is nothing else; a path may be that of a folder, and what becomes an array a column of paths."""

PictureLike: TypeAlias = OnePicture | SupportsArray | PathLike
"""One picture in any form that :func:`unetcolor.images.take` takes."""

FORMS = "an array or tensor, a path, a Pillow image, the bytes of a picture file, or such a file, open for reading"


def take(picture: PictureLike) -> np.ndarray:
    """Return the pixels of a picture in any form.

    Parameters
    ----------
    picture
        An array, or a tensor of PyTorch, TensorFlow, JAX and so on, as :func:`unetcolor.images.taking.array_of` takes
        it; a path; a Pillow image; the content of a picture file, as bytes; or such a file, open for reading bytes. An
        open file is read from its current position to its end, and is not closed.

    Returns
    -------
    numpy.ndarray
        Of a file and a Pillow image what :func:`unetcolor.images.read_image` returns; else the array.

    Raises
    ------
    ValueError
        It is none of these, or an array that holds no picture.
    ImageReadError
        The file cannot be read.

    Examples
    --------
    >>> from io import BytesIO
    >>> file = BytesIO()
    >>> Image.new("L", (4, 3)).save(file, "PNG")
    >>> take(file.getvalue()).shape
    (3, 4)
    """
    if isinstance(picture, str | os.PathLike):
        if picture == "":
            raise ValueError("the path of a picture must not be empty")
        return read_image(picture)
    if isinstance(picture, Image.Image):
        return read_image(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return read_image(BytesIO(picture))
    if holds_array(picture):
        return array_of(picture)
    if hasattr(picture, "read"):
        return read_image(_rest_of(picture))
    raise ValueError(f"a picture is {FORMS}, not {type(picture).__name__}")


def is_single(given: Any) -> bool:
    """Tell whether something is one of the forms of :func:`take`, and not a list or another iterable."""
    kinds = (str, os.PathLike, Image.Image, bytes, bytearray, memoryview)
    return isinstance(given, kinds) or holds_array(given) or hasattr(given, "read")


def entries_of(given: Any, what: str, forms: str) -> Iterable[Any]:
    """Return an iterable as it is, or raise a ValueError if it has no order, or is none.

    Parameters
    ----------
    given
        A list or another iterable; an array or a table's column of paths counts as one, too.
    what, forms
        What the error calls it, and what it says that it may be.
    """
    if holds_array(given):
        array = np.asarray(given)
        if is_column(array):
            entries: list[Any] = array.tolist()
            return entries
    elif isinstance(given, Mapping | Set):
        raise ValueError(f"{what} must have an order, which a {type(given).__name__} has not: give them in a list")
    elif isinstance(given, Iterable) and not is_single(given):
        return given
    raise ValueError(f"{what} must be {forms}, not {type(given).__name__}")


def is_column(array: np.ndarray) -> bool:
    """Tell whether an array is a list of texts or other objects, such as a table's column of paths."""
    return array.ndim == 1 and array.dtype.kind in "OUT"


def holds_array(given: Any) -> bool:
    """Tell whether something is an array or a tensor, of whatever library."""
    is_array = hasattr(given, "__array__") or hasattr(given, "__dlpack__")
    return is_array and not isinstance(given, type)


def array_of(given: Any) -> np.ndarray:
    """Return an array or a tensor as an array whose dtype has a range.

    Whole numbers of more than 8 bits other than uint16, such as int64, are taken as 0..255, and become uint8.

    Parameters
    ----------
    given
        An array, or what has ``__array__`` or ``__dlpack__``; a tensor of PyTorch may be on any device.

    Raises
    ------
    ValueError
        It has a mask, it cannot be turned into an array, or its whole numbers are not in 0..255. If the greatest is 1,
        black and white may be meant, and it is an error, too.

    Examples
    --------
    >>> array_of(np.array([[0, 51, 255]])).dtype
    dtype('uint8')
    """
    if isinstance(given, np.ma.MaskedArray):
        raise ValueError("a picture must be an array without a mask: give what array.filled(0) returns")
    if isinstance(given, np.ndarray):
        return _narrowed(np.asarray(given))
    try:
        # PyTorch hands out only what it does not differentiate, and what lies in main memory.
        values = given.detach().cpu() if hasattr(given, "detach") and hasattr(given, "cpu") else given
        array = np.asarray(values) if hasattr(values, "__array__") else np.from_dlpack(values)
    # What another library raises is its own affair.
    except Exception as error:
        raise ValueError(
            f"a {type(given).__name__} cannot be turned into an array: {error}; give uint8 or float32 in main memory"
        ) from error
    return _narrowed(array)


def _narrowed(array: np.ndarray) -> np.ndarray:
    is_wide = array.dtype.kind in "iu" and array.dtype.itemsize > 1 and array.dtype.newbyteorder("=") != np.uint16
    if not is_wide or not array.size:
        return array
    low, high = array.min(), array.max()
    given = f"got {array.dtype} with values {low}..{high}"
    if low < 0 or high > 255:
        raise ValueError(
            f"{given}; whole numbers of this dtype are taken as 0..255: give uint16 if 65535 is white, or divide by "
            "what white is, for floats in 0..1"
        )
    if high == 1:
        raise ValueError(
            f"{given}; give array.astype(np.float32) if 1 is white, or array.astype(np.uint8) if 255 is white"
        )
    return array.astype(np.uint8)


def _rest_of(file: Any) -> BytesIO:
    """Return what an open file holds from its current position on, under its name."""
    name = name_of(file)
    try:
        content = file.read()
    except UnicodeDecodeError:
        content = ""
    # ValueError: the file is closed.
    except (OSError, ValueError) as error:
        raise ImageReadError(f"cannot read {name}: {error}") from error
    if not isinstance(content, bytes):
        raise ValueError(f"{name} must be open for reading bytes, as open(path, 'rb') opens it")
    if not content:
        raise ImageReadError(
            f"cannot read {name}: nothing follows its current position; file.seek(0) goes back to the beginning"
        )
    rest = BytesIO(content)
    if isinstance(getattr(file, "name", None), str):
        vars(rest)["name"] = file.name
    return rest
