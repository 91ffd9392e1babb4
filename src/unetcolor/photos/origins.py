"""Results remember how they were made, in a hidden file in their folder: other settings make them again."""

from __future__ import annotations

import json
import os
import warnings
from collections import defaultdict
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from unetcolor._checks import saturation_of, side_of_network
from unetcolor._files import append_line
from unetcolor.photos.fingerprints import Fingerprint
from unetcolor.photos.jobs import Job

if TYPE_CHECKING:
    from unetcolor.prediction.reference import Reference

#: Name of the hidden file. It has a line of JSON for each result that was made in its folder; the last line counts that
#: fits the file that is there.
ORIGINS = ".unetcolor.jsonl"


@dataclass(frozen=True)
class Settings:
    """What photos are colorized with.

    Attributes
    ----------
    model
        The model file. None is a network without one, which cannot be told from others: how results are made is not
        recorded then, and those that are there are kept.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    reference
        A photo in color whose palette pulls the colors its way.
    """

    model: Path | None = None
    size: int | None = None
    saturation: float = 1.0
    reference: Path | None = None

    def __post_init__(self) -> None:
        if self.size is not None:
            side_of_network(self.size)
        saturation_of(self.saturation)

    @cached_property
    def palette(self) -> Reference | None:
        """The palette of the reference.

        Raises
        ------
        ValueError
            The reference is gray.
        ImageReadError
            It cannot be read.
        """
        from unetcolor.prediction.reference import Reference

        return None if self.reference is None else Reference(self.reference)


class Standing(NamedTuple):
    """What is to be done about a photo.

    Attributes
    ----------
    is_due
        Whether it is to be colorized.
    changed
        What was different when its result was made, such as ``("saturation",)``; empty if there is no result.
    reason
        Why a file is kept that may not be a result of ours; empty if none is.
    """

    is_due: bool
    changed: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _Origin:
    """How a result was made: the photo, by its path from the result's folder, and all that changes the result."""

    photo: str
    content: Fingerprint
    page: int | None
    model: Fingerprint | None
    size: int | None
    saturation: float
    reference: Fingerprint | None
    layer: Fingerprint | None
    colors: list[Any]

    @classmethod
    def of(cls, job: Job, settings: Settings) -> _Origin:
        return cls(
            photo=_way(job.output.parent, job.source),
            content=Fingerprint.of(job.source),
            page=job.page,
            model=_fingerprint(settings.model),
            size=settings.size,
            saturation=settings.saturation,
            reference=_fingerprint(settings.reference),
            layer=_fingerprint(_layer(job)),
            colors=_colors(job),
        )

    @classmethod
    def read(cls, entry: dict[str, Any]) -> _Origin:
        values = {name: entry[name] for name in cls.__dataclass_fields__}
        for name in ("model", "reference", "layer"):
            values[name] = None if values[name] is None else Fingerprint(*values[name])
        return cls(**values | {"photo": str(values["photo"]), "content": Fingerprint(*values["content"])})

    def is_of(self, job: Job) -> bool:
        """Tell whether the result is that of a photo, which may have been changed or moved since."""
        same_path = self.photo == _way(job.output.parent, job.source)
        return self.page == job.page and (same_path or self.content.fits(job.source))

    def changes(self, job: Job, settings: Settings) -> list[str]:
        """Return the names of what is different now."""
        same = {
            "photo": _fits(self.content, job.source),
            "model": _fits(self.model, settings.model),
            "size": self.size == settings.size,
            "saturation": self.saturation == settings.saturation,
            "reference": _fits(self.reference, settings.reference),
            "hints": _fits(self.layer, _layer(job)) and self.colors == _colors(job),
        }
        return [name for name, is_same in same.items() if not is_same]


class Origins:
    """What the results of photos were made with, as the hidden files in their folders say.

    Several processes, on several computers, may write into one folder at once. A line is written before its result
    takes its place, so a process may be killed at any moment.

    Parameters
    ----------
    settings
        What the photos are to be colorized with now.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Of each folder, how far its file was read; and of each result, how it was made, the latest last.
        self._ends: dict[Path, int] = {}
        self._known: dict[Path, list[tuple[Fingerprint, _Origin]]] = defaultdict(list)
        self._is_told = False

    def standing_of(self, job: Job) -> Standing:
        """Tell whether a photo is to be colorized: never where a file would be replaced that may not be ours."""
        outputs = [path for path in (job.output, job.comparison) if path]
        present = [path for path in outputs if path.exists()]
        changed: list[str] = []
        for path in present:
            self._read(path.parent)
            made = self._known.get(path, [])
            origin = next((origin for content, origin in reversed(made) if content.fits(path)), None)
            if origin is None or self._settings.model is None:
                why = "it was changed after it was made" if made else "how it was made is not recorded"
                return Standing(False, reason=f"{path} is there already, and {why}")
            if not origin.is_of(job):
                other = os.path.normpath(path.parent / origin.photo)
                return Standing(False, reason=f"{path} is there already: the result of another photo, {other}")
            changed += origin.changes(job, self._settings)
        return Standing(bool(changed) or len(present) < len(outputs), tuple(dict.fromkeys(changed)))

    def of(self, job: Job) -> _Origin | None:
        """Return how the result of a photo is going to be made, before it is read; None if that is not recorded."""
        if self._settings.model is None:
            return None
        try:
            return _Origin.of(job, self._settings)
        except OSError:
            # Whoever opens the file says what is wrong.
            return None

    def add(self, path: Path, written: Path, origin: _Origin | None) -> None:
        """Write down how a result was made, which is ready to take its place.

        Parameters
        ----------
        path
            Where the result goes.
        written
            The file that holds it by now.
        origin
            What :meth:`of` returned.
        """
        if origin is None:
            return
        entry = {"result": path.name, "file": Fingerprint.of(written), **asdict(origin)}
        try:
            append_line(path.parent / ORIGINS, json.dumps(entry).encode())
        except OSError as error:
            # The colors matter more. Somebody else's folder may be full of results that only they can add to.
            self._warn(f"how results are made is not recorded, so other settings will not redo them: {error}")

    def _read(self, folder: Path) -> None:
        """Read what is new in the file of a folder."""
        path = folder / ORIGINS
        try:
            end = os.stat(path).st_size
            start = self._ends.get(folder, 0)
            if end == start:
                return
            with open(path, "rb") as file:
                file.seek(start)
                content = file.read(max(0, end - start))
        except FileNotFoundError:
            return
        except OSError as error:
            self._warn(f"how results were made cannot be read, so they are kept as they are: {error}")
            return
        whole = content.rfind(b"\n") + 1
        self._ends[folder] = start + whole
        for line in content[:whole].splitlines():
            try:
                entry = json.loads(line)
                known = self._known[folder / entry["result"]]
                known.append((Fingerprint(*entry["file"]), _Origin.read(entry)))
            except (ValueError, LookupError, TypeError, RecursionError):
                # Of a later version, or cut off as a disk was full: its result is kept as one that is not known.
                continue

    def _warn(self, message: str) -> None:
        # All photos of a folder share the fault.
        if not self._is_told:
            self._is_told = True
            warnings.warn(message, stacklevel=3)


def _fingerprint(path: Path | None) -> Fingerprint | None:
    return None if path is None else Fingerprint.of(path)


def _fits(before: Fingerprint | None, path: Path | None) -> bool:
    if before is None or path is None:
        return before is None and path is None
    return before.fits(path)


def _way(folder: Path, source: Path) -> str:
    """Return the path of a photo from a result's folder: they may be moved together."""
    try:
        return Path(os.path.relpath(os.path.abspath(source), os.path.abspath(folder))).as_posix()
    # On Windows, another drive.
    except ValueError:
        return os.path.abspath(source)


def _layer(job: Job) -> Path | None:
    return job.hints if isinstance(job.hints, Path) else None


def _colors(job: Job) -> list[Any]:
    """Return the colors that are known of a photo, as JSON holds them."""
    hints = [] if job.hints is None or isinstance(job.hints, Path) else job.hints
    return [[hint.row, hint.column, list(hint.rgb), hint.radius] for hint in hints]
