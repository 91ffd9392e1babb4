"""Find photo files, and give the result of each a name of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from unetcolor.hints import LAYER_SUFFIX, Hint
from unetcolor.images import WRITE_FORMATS, find_pictures
from unetcolor.images.finding import place
from unetcolor.images.formats import READ_SUFFIXES
from unetcolor.images.opening import count_pages, format_of
from unetcolor.photos.shards import Shard


@dataclass(frozen=True)
class Job:
    """What is to be done with a photo.

    Attributes
    ----------
    source
        The photo.
    output
        Where its result goes.
    comparison
        Where the result next to the gray photo goes, if that is wanted.
    hints
        Colors of the photo that are known, as :func:`unetcolor.hints.read_hints` takes them.
    page
        Which picture of a TIFF file, counted from 0; None is the first.
    """

    source: Path
    output: Path
    comparison: Path | None = None
    hints: Path | Sequence[Hint] | None = None
    page: int | None = None


def plan(
    photos: Sequence[Path],
    output: Path,
    *,
    suffix: str | None = None,
    recursive: bool = False,
    compare: bool = False,
    all_pages: bool = False,
    hints: Path | Sequence[Hint] | None = None,
    shard: Shard | None = None,
) -> list[Job]:
    """Find the photos, and give each result a name of its own.

    The folders below the one that holds all photos are kept. A result has its photo's name; where another suffix is put
    in the place of the photo's own, and two photos would share a name, they keep theirs, as in ``a.gif.png``. A JPEG
    file whose name has no suffix gets ``.jpg``.

    Parameters
    ----------
    photos
        Files, and folders, of which every file is taken that is not hidden and has the suffix or the content of a
        picture.
    output
        The folder for the results; or, for one photo, the name of its result, which has the suffix of a picture.
    suffix
        The suffix of all results, a key of :data:`unetcolor.images.WRITE_FORMATS`. None keeps each photo's own suffix,
        or takes ``.png`` where that cannot be written.
    recursive
        Take the files of the folders within the folders, too.
    compare
        Also make pictures that show the gray photo next to the result.
    all_pages
        Colorize each picture of a TIFF file that holds several, ``scan.tif`` into ``scan-1.tif``, ``scan-2.tif``,
        instead of the first alone.
    hints
        Those of the one photo. None takes what lies next to each photo, ``photo.jpg.hints.png`` or else
        ``photo.hints.png`` next to ``photo.jpg``, which is no photo itself.
    shard
        Return the jobs of these photos only, by the names of their files below the folder that holds all; there may be
        none. Names of results do not depend on it.

    Raises
    ------
    ValueError
        A photo or folder does not exist, there are none, a result would lie among the photos, the suffix is
        unknown, or there are hints for more than one photo.
    """
    if suffix is not None and suffix not in WRITE_FORMATS:
        raise ValueError(f"cannot write {suffix!r} files, only {', '.join(WRITE_FORMATS)}")
    files = [path for given in photos for path in _files(given, recursive, output)]
    layers = {place(path): path for path in files if _is_layer(path)}
    found = [path for path in files if not _is_layer(path)]
    sources = list({os.path.abspath(path): path for path in found}.values())
    if not sources:
        hint = "" if recursive else "; photos in the folders within it are found with recursive"
        raise ValueError(f"no photos in {', '.join(map(str, photos))}{hint}")
    if hints is not None and len(sources) > 1:
        raise ValueError(
            f"hints are for one photo, and there are {len(sources)}: put the layer of each next to it, such as "
            f"{sources[0].stem}{LAYER_SUFFIX}"
        )
    if output.suffix.lower() in WRITE_FORMATS and not output.is_dir():
        several_pages = all_pages and len(_pages(sources[0])) > 1
        if len(sources) > 1 or any(path.is_dir() for path in photos) or several_pages:
            raise ValueError(f"{output} is the name of one picture: name a folder for the results of several")
        job = _job_of_one(sources[0], output, suffix, compare, hints)
        return [job] if shard is None or job.source.name in shard else []
    if output.exists() and not output.is_dir():
        raise ValueError(f"the output {output} is a file: name a folder, or a picture, for the results")
    folders = [os.path.abspath(path if path.is_dir() else path.parent) for path in photos]
    root = os.path.commonpath(folders)
    photos_and_pages = [(source, page) for source in sources for page in (_pages(source) if all_pages else [None])]
    targets = [_target(output, root, source, page) for source, page in photos_and_pages]
    names = [
        _with_suffix(target, source, suffix) for target, (source, _) in zip(targets, photos_and_pages, strict=True)
    ]
    shared = Counter(map(place, names))
    taken: set[str] = set()
    jobs = []
    for (source, page), target, name in zip(photos_and_pages, targets, names, strict=True):
        if shared[place(name)] > 1 and name != target:
            name = target.with_name(target.name + name.suffix)
        name = _untaken(name, taken)
        comparison = _untaken(name.with_name(f"{name.stem}_compare{name.suffix}"), taken) if compare else None
        layer = _layer_of(source.with_name(target.name), layers)
        jobs.append(Job(source, name, comparison, hints or layer, page))
    taken_from = {place(source.parent) for source in sources}
    for job in jobs:
        if place(job.output.parent) in taken_from:
            raise ValueError(
                f"{job.output} would lie among the photos, and might replace one: name another output folder"
            )
    return jobs if shard is None else [job for job in jobs if Path(_below(root, job.source)).as_posix() in shard]


def _job_of_one(
    source: Path, output: Path, suffix: str | None, compare: bool, hints: Path | Sequence[Hint] | None
) -> Job:
    """Return the job of a photo whose result has a name."""
    if suffix is not None and WRITE_FORMATS[suffix] is not WRITE_FORMATS[output.suffix.lower()]:
        raise ValueError(f"the format {suffix[1:]} does not fit the name {output}: give one of the two")
    comparison = output.with_name(f"{output.stem}_compare{output.suffix}") if compare else None
    for path in (output, comparison):
        if path is not None and path.exists() and path.samefile(source):
            raise ValueError(f"{path} is the photo itself: name another file for the result")
    return Job(source, output, comparison, hints or _layer_of(source, {}))


def _files(given: Path, recursive: bool, output: Path) -> Iterator[Path]:
    """Yield a file itself, or the files of a folder in order."""
    if given.is_dir():
        if place(given) == place(output):
            raise ValueError(f"the results would lie among the photos of {given}: name another output folder")
        # What an earlier run made is not to be colorized again.
        for path in find_pictures(given, recursive=recursive, leave_out=output):
            # Texts and other things lie among photos; a photo may have any name.
            if path.suffix.lower() in READ_SUFFIXES or format_of(path) is not None:
                yield path
    elif given.exists():
        yield given
    else:
        raise ValueError(f"there is no {given}")


def _pages(path: Path) -> list[int | None]:
    count = count_pages(path)
    return [None] if count == 1 else list(range(count))


def _target(output: Path, root: str, source: Path, page: int | None) -> Path:
    path = output / _below(root, source)
    return path if page is None else path.with_name(f"{path.stem}-{page + 1}{path.suffix}")


def _below(root: str, source: Path) -> str:
    return os.path.relpath(os.path.abspath(source), root)


def _layer_of(source: Path, layers: dict[str, Path]) -> Path | None:
    """Return the layer next to a photo, or to a page of one: of its whole name, or of its name without the suffix."""
    for name in (source.name, source.stem):
        beside = source.with_name(name + LAYER_SUFFIX)
        if place(beside) in layers:
            return layers[place(beside)]
        if beside.exists():
            return beside
    return None


def _is_layer(path: Path) -> bool:
    return path.name.lower().endswith(LAYER_SUFFIX)


def _with_suffix(path: Path, source: Path, wanted: str | None) -> Path:
    if wanted:
        return path.with_suffix(wanted)
    # The photo's own name is kept whole, whatever other photos there are: one that is added later changes no name.
    if path.suffix.lower() in WRITE_FORMATS:
        return path
    own = None if path.suffix.lower() in READ_SUFFIXES else format_of(source)
    return path.with_name(path.name + (own.written[0] if own and own.written else ".png"))


def _untaken(path: Path, taken: set[str]) -> Path:
    """Return the path, with a number behind its name if that is taken already, and take it."""
    names = chain([path], (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2)))
    free = next(name for name in names if place(name) not in taken)
    taken.add(place(free))
    return free
