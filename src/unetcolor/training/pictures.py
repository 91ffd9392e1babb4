"""Sets of color pictures: an array, a folder, a list of files or an ``.npz``, read one picture at a time."""

from __future__ import annotations

import os
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from typing_extensions import override

from unetcolor._progress import with_progress
from unetcolor.errors import ImageReadError, counted
from unetcolor.images import cover, is_gray, pictures_in, read_rgb, to_float
from unetcolor.images.arrays import channels_first
from unetcolor.images.taking import array_of, entries_of, holds_array, is_column
from unetcolor.training.colorful import has_color, is_toned

DEFAULT_IMAGE_SIZE = (128, 128)

# Files are read this much larger than the crops to be taken from them, so that few crops must be enlarged.
_CROP_MARGIN = 1.25

# Side of the small pictures in which color is looked for before training.
_GLANCE = (64, 64)

Size: TypeAlias = tuple[int, int]
Part: TypeAlias = Literal["train", "test"]


class Pictures(ABC):
    """A sequence of RGB pictures of one size."""

    size: Size

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of pictures."""

    @abstractmethod
    def __getitem__(self, index: int) -> np.ndarray:
        """Return a picture, of shape ``(*size, 3)`` unless it was read for crops."""

    @abstractmethod
    def at(self, size: Size) -> Self:
        """Return the same pictures, read at a size."""

    @abstractmethod
    def split(self, share: float) -> tuple[Self, Self]:
        """Return the pictures without a share of them, rounded down, from their end; and that share."""

    @abstractmethod
    def for_crops(self, size: Size) -> Self:
        """Return the same pictures, read at the sizes that they should have if parts of them are to fill ``size``."""

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))


class _HeldPictures(Pictures):
    """Pictures of which a sequence is held: the pictures themselves, or their files."""

    _held: Any

    @override
    def __len__(self) -> int:
        return len(self._held)

    @override
    def at(self, size: Size) -> Self:
        other = copy(self)
        other.size = size
        return other

    @override
    def split(self, share: float) -> tuple[Self, Self]:
        first, second = copy(self), copy(self)
        count = len(self) - int(len(self) * share)
        first._held, second._held = self._held[:count], self._held[count:]
        return first, second


class ArrayPictures(_HeldPictures):
    """The pictures of an array ``(n, height, width, 3)``, resized only if another size is asked for."""

    def __init__(self, array: np.ndarray, size: Size | None = None) -> None:
        if array.ndim != 4 or array.shape[-1] != 3:
            raise ValueError(
                f"color pictures must be an array of shape (n, height, width, 3), not {array.shape}"
                + (
                    channels_first(array.shape)
                    or "; a colorizer learns from pictures in color, and makes the gray ones"
                )
            )
        if 0 in array.shape:
            raise ValueError(f"an array of shape {array.shape} holds no pictures")
        for picture in array:
            to_float(picture)
        self._held = array
        self.size = size or (array.shape[1], array.shape[2])

    @override
    def __getitem__(self, index: int) -> np.ndarray:
        picture = self._held[index]
        return picture if picture.shape[:2] == self.size else cover(picture, self.size)

    @override
    def for_crops(self, size: Size) -> Self:
        return self.at((self._held.shape[1], self._held.shape[2]))


class FilePictures(_HeldPictures):
    """The pictures of a list of files, shrunk and cropped to one size when they are read.

    Gray and toned pictures, and files that cannot be read, are left out, with a warning that counts them.
    """

    def __init__(
        self, paths: Sequence[Path], size: Size | None = None, *, colorful: bool = False, verbose: bool = False
    ) -> None:
        self.size = size or DEFAULT_IMAGE_SIZE
        self._held = _usable(paths, colorful, verbose)

    @override
    def __getitem__(self, index: int) -> np.ndarray:
        return read_rgb(self._held[index], self.size)

    @override
    def for_crops(self, size: Size) -> Self:
        return self.at((ceil(size[0] * _CROP_MARGIN), ceil(size[1] * _CROP_MARGIN)))


class Openable(ABC):
    """What knows by itself how its pictures are opened."""

    @abstractmethod
    def open(self, size: Size | None, *, part: Part = "train", verbose: bool = False) -> Pictures:
        """Open the pictures, as :func:`open_pictures` does."""


def open_pictures(
    source: Any, size: Size | None = None, *, part: Part = "train", colorful: bool = False, verbose: bool = False
) -> Pictures:
    """Open pictures given as an array, a folder, a list of paths or an ``.npz`` file.

    Parameters
    ----------
    source
        An array or tensor ``(n, height, width, 3)``, as :func:`unetcolor.images.taking.array_of` takes it; a folder,
        searched with its subfolders; a list or another iterable of paths; an ``.npz`` file with ``train_images`` and
        ``test_images``; or what opens its pictures by itself. Pictures that are open already may have another size.
    size
        ``(height, width)`` to which each picture is shrunk, its aspect kept, and cropped around its center.
        None keeps the size of an array, and is 128x128 for files.
    part
        Which array of an ``.npz`` to take.
    colorful
        Leave out of files those that are nearly colorless, too, not only those that are gray or toned.
    verbose
        Show the progress of looking through many files.

    Raises
    ------
    ValueError
        There are no usable pictures, or the array is of a wrong shape, dtype or range.
    """
    if isinstance(source, Pictures):
        return source if size is None else source.at(size)
    if isinstance(source, Openable):
        return source.open(size, part=part, verbose=verbose)
    if holds_array(source):
        array = array_of(source)
        if not is_column(array):
            return ArrayPictures(array, size)
    # An empty name would be the current folder.
    if isinstance(source, str | os.PathLike) and os.fspath(source):
        path = Path(source)
        if path.suffix.lower() == ".npz":
            return ArrayPictures(array_of(_read_npz(path, part)), size)
        if not path.is_dir():
            raise ValueError(f"{path} is neither a folder of pictures nor an .npz file")
        return FilePictures(pictures_in(path), size, colorful=colorful, verbose=verbose)
    return FilePictures(_listed(source), size, colorful=colorful, verbose=verbose)


def _listed(source: Any) -> list[Path]:
    """Return the paths of a list or another iterable, such as ``Path("photos").glob("*.jpg")``."""
    forms = (
        "an array (n, height, width, 3), a folder, a list of paths, an .npz file, Sources, a tf.data.Dataset or a "
        "keras PyDataset"
    )
    paths = []
    for path in entries_of(source, "pictures to train on", forms):
        if not isinstance(path, str | os.PathLike):
            raise ValueError(
                f"pictures to train on must be {forms}, not a {type(source).__name__} of {type(path).__name__}"
            )
        paths.append(Path(path))
    if not paths:
        raise ValueError(f"pictures to train on must be {forms}, not an empty {type(source).__name__}")
    return paths


def _read_npz(path: Path, part: Part) -> np.ndarray:
    name = f"{part}_images"
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    try:
        # Never unpickle: an .npz may come from anywhere.
        with open(path, "rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
            names = archive.files
            array = archive[name] if name in names else None
    # What damaged data raises depends on where the damage is.
    except Exception as error:
        raise ValueError(f"{path} is not a readable .npz file: {error}") from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path} has no array {name!r}, only {', '.join(names)}")
    return array


def _usable(paths: Sequence[Path], colorful: bool, verbose: bool) -> list[Path]:
    """Return the files that hold a picture in color; warn of the others."""
    # Decoding releases the interpreter, so threads share the work.
    with ThreadPoolExecutor() as pool:
        found = pool.map(partial(_fault, colorful=colorful), paths)
        faults = list(with_progress(found, "Looking through the pictures", len(paths), verbose))
    unreadable = [fault for fault in faults if fault]
    colorless = faults.count("")
    usable = [path for path, fault in zip(paths, faults, strict=True) if fault is None]
    if unreadable:
        shown = "; ".join(unreadable[:5]) + ("; ..." if len(unreadable) > 5 else "")
        _warn(f"left out {len(unreadable)} of {len(paths)} files that cannot be read: {shown}")
    if colorless:
        kind = "gray, toned or nearly colorless" if colorful else "gray or toned"
        _warn(f"left out {colorless} of {len(paths)} files that are {kind}: there is no color to learn")
    if not usable:
        raise ValueError(f"none of {counted(len(paths), 'file')} is a readable picture in color")
    return usable


def _fault(path: Path, *, colorful: bool) -> str | None:
    """Return why a file is of no use: a reason, an empty string if it has no color, or None if it is fine."""
    try:
        picture = read_rgb(path, _GLANCE)
    except ImageReadError as error:
        return str(error)
    # What has color enough is not toned.
    is_colored = has_color(picture) if colorful else not is_toned(picture)
    return "" if is_gray(picture) or not is_colored else None


def _warn(message: str) -> None:
    """Warn with the line that called into unetcolor."""
    level, frame = 1, sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "unetcolor":
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(message, stacklevel=level)
