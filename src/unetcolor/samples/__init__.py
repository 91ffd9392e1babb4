"""The pictures that ship with unetcolor: 160 portraits of 75 x 100 pixels, and 23 photos 256 pixels wide.

All are free to use: :func:`manifest` gives the origin and the license of each.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unetcolor.errors import unknown_name
from unetcolor.images import read_image

__all__ = ["Sample", "load_photo", "load_portraits", "manifest", "photos", "portraits"]

_FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    """The origin and the license of a picture.

    Attributes
    ----------
    file : str
        Path of the picture in this package, such as ``"photos/coffee.jpg"``.
    origin : str
        The collection, and the picture's name in it.
    license : str
        The license, or the reason why none is needed.
    """

    file: str
    origin: str
    license: str


def portraits() -> list[Path]:
    """Return the files of the 160 portraits, sorted; each is 75 pixels wide and 100 high.

    Examples
    --------
    >>> len(portraits())
    160
    """
    return sorted((_FOLDER / "portraits").glob("*.jpg"))


def photos() -> list[Path]:
    """Return the files of the photos of scenes, food, people and animals, sorted; each is 256 pixels wide.

    Examples
    --------
    >>> [path.stem for path in photos()][:3]
    ['astronaut', 'chelsea', 'coffee']
    """
    return sorted((_FOLDER / "photos").glob("*.jpg"))


def load_portraits() -> np.ndarray:
    """Return all portraits, uint8, shape ``(160, 100, 75, 3)``, in the order of :func:`portraits`."""
    return np.stack([read_image(path) for path in portraits()])


def load_photo(name: str) -> np.ndarray:
    """Return one photo, uint8, shape ``(height, 256, 3)``.

    Parameters
    ----------
    name
        The file name of the photo without its suffix.

    Raises
    ------
    ValueError
        There is no photo of that name; the message lists all names.

    Examples
    --------
    >>> load_photo("astronaut").shape
    (256, 256, 3)
    """
    paths = {path.stem: path for path in photos()}
    if name not in paths:
        raise ValueError(unknown_name("photo", name, list(paths)))
    return read_image(paths[name])


def manifest() -> list[Sample]:
    """Return origin and license of every picture, portraits first.

    Examples
    --------
    >>> photo = manifest()[160]
    >>> photo.file, photo.license
    ('photos/astronaut.jpg', 'Public domain')
    """
    with (_FOLDER / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return [Sample(**row) for row in csv.DictReader(file)]
