"""Find photo files, and give the result of each a name of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from unetcolor.images import WRITE_FORMATS

# What systems leave in folders, beside hidden files.
_NOT_PHOTOS = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Job:
    """A photo, where its result goes, and where that beside the gray photo goes, if it is wanted."""

    source: Path
    output: Path
    comparison: Path | None = None


def plan(
    photos: Sequence[Path], output: Path, *, suffix: str | None = None, recursive: bool = False, compare: bool = False
) -> list[Job]:
    """Find the photos, and give each result a name of its own.

    The folders below the one that holds all photos are kept. A result has its photo's name; where another suffix is put
    in the place of the photo's own, and two photos would share a name, they keep theirs, as in ``a.gif.png``.

    Parameters
    ----------
    photos
        Files, and folders, of which every file is taken that is not hidden.
    output
        The folder for the results.
    suffix
        That of all results, a key of :data:`unetcolor.images.WRITE_FORMATS`. None keeps each photo's own, or takes
        ``.png`` where it cannot be written.
    recursive
        Take the files of the folders within the folders, too.
    compare
        Also make pictures that show the gray photo beside the result.

    Raises
    ------
    ValueError
        A photo or folder does not exist, there are none, a result would lie among the photos, or the suffix is unknown.
    """
    if suffix is not None and suffix not in WRITE_FORMATS:
        raise ValueError(f"cannot write {suffix!r} files, only {', '.join(WRITE_FORMATS)}")
    if output.exists() and not output.is_dir():
        raise ValueError(f"the output {output} is a file: name a folder for the results")
    found = [path for given in photos for path in _files(given, recursive, output)]
    sources = list({os.path.abspath(path): path for path in found}.values())
    if not sources:
        hint = "" if recursive else "; photos in the folders within it are found with recursive"
        raise ValueError(f"no photos in {', '.join(map(str, photos))}{hint}")
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in photos]
    root = os.path.commonpath(folders)
    targets = [output / os.path.relpath(os.path.abspath(source), root) for source in sources]
    names = [_with_suffix(target, suffix) for target in targets]
    shared = Counter(map(_key, names))
    taken: set[str] = set()
    jobs = []
    for source, target, name in zip(sources, targets, names, strict=True):
        if shared[_key(name)] > 1 and name != target:
            name = target.with_name(target.name + name.suffix)
        name = _untaken(name, taken)
        beside = _untaken(name.with_name(f"{name.stem}_compare{name.suffix}"), taken) if compare else None
        jobs.append(Job(source, name, beside))
    taken_from = {_key(source.parent) for source in sources}
    for job in jobs:
        if _key(job.output.parent) in taken_from:
            raise ValueError(
                f"{job.output} would lie among the photos, and might replace one: name another output folder"
            )
    return jobs


def _files(given: Path, recursive: bool, output: Path) -> Iterator[Path]:
    """Yield a file itself, or the files of a folder in order."""
    if not given.is_dir():
        if not given.exists():
            raise ValueError(f"there is no {given}")
        yield given
        return
    if _key(given) == _key(output):
        raise ValueError(f"the results would lie among the photos of {given}: name another output folder")
    for folder, folders, names in os.walk(given):
        # What an earlier run made is not to be colorized again.
        folders[:] = sorted(name for name in folders if recursive and _is_other(Path(folder, name), output))
        for name in sorted(names):
            if not name.startswith(".") and name.lower() not in _NOT_PHOTOS:
                yield Path(folder, name)


def _is_other(folder: Path, output: Path) -> bool:
    return not folder.name.startswith(".") and _key(folder) != _key(output)


def _with_suffix(path: Path, wanted: str | None) -> Path:
    if wanted:
        return path.with_suffix(wanted)
    # The photo's own name is kept whole, whatever other photos there are: one that is added later changes no name.
    return path if path.suffix.lower() in WRITE_FORMATS else path.with_name(f"{path.name}.png")


def _untaken(path: Path, taken: set[str]) -> Path:
    """Return the path, with a number behind its name if that is taken already, and take it."""
    names = chain([path], (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2)))
    free = next(name for name in names if _key(name) not in taken)
    taken.add(_key(free))
    return free


def _key(path: Path) -> str:
    """Return what two paths share if they are the same file on any system, some of which ignore the case."""
    return os.path.realpath(path).casefold()
