"""Find the picture files of a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from unetcolor.images.formats import READ_SUFFIXES

# What systems leave in folders that is not hidden.
_NOT_PICTURES = {"thumbs.db", "desktop.ini"}


def find_pictures(
    folder: Path, *, suffixes: Collection[str] | None = None, recursive: bool = True, leave_out: Path | None = None
) -> Iterator[Path]:
    """Yield the picture files of a folder: those of each folder by name, then those of the folders in it.

    Hidden files and folders, whose names begin with a dot, are left out, and so is what systems leave in folders.
    Links to folders are followed, but no folder is searched twice.

    Parameters
    ----------
    folder
        Where to look.
    suffixes
        Take files with these suffixes only, such as :data:`unetcolor.images.formats.READ_SUFFIXES`: in lower case, for
        suffixes in any case. None takes every file.
    recursive
        Look in the folders within the folder, too.
    leave_out
        A folder to leave out, with all that is in it.
    """
    # A link may lead to a folder around it, and so without end.
    searched = {place(folder), *([place(leave_out)] if leave_out else [])}
    for parent, folders, names in os.walk(folder, followlinks=True):
        inner = sorted(name for name in folders if recursive and not name.startswith("."))
        folders.clear()
        for name in inner:
            if (where := place(Path(parent, name))) not in searched:
                searched.add(where)
                folders.append(name)
        for name in sorted(names):
            path = Path(parent, name)
            is_wanted = suffixes is None or path.suffix.lower() in suffixes
            if is_wanted and not name.startswith(".") and name.lower() not in _NOT_PICTURES and _is_file(path):
                yield path


def pictures_in(folder: str | os.PathLike[str]) -> list[Path]:
    """Return the picture files of a folder and of the folders in it, as ``fit`` and ``predict`` find them.

    Parameters
    ----------
    folder
        Where to look for files with the suffixes of picture formats.

    Returns
    -------
    list of pathlib.Path
        Sorted by their paths.

    Raises
    ------
    ValueError
        There are none.
    """
    # The order decides which pictures are set aside for validation.
    paths = sorted(find_pictures(Path(folder), suffixes=READ_SUFFIXES))
    if not paths:
        raise ValueError(f"no pictures in {folder} or its subfolders: looked for {' '.join(sorted(READ_SUFFIXES))}")
    return paths


def place(path: Path) -> str:
    """Return what two paths share if they lead to one file on any system, some of which ignore the case."""
    return os.path.realpath(path).casefold()


def _is_file(path: Path) -> bool:
    # A link that leads nowhere was meant as a file, and whoever reads it says what is wrong. A pipe or a device, which
    # may keep its reader waiting forever, was not.
    return path.is_file() or path.is_symlink()
