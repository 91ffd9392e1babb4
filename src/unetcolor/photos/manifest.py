"""Write down what became of photos: a line of JSON each, in a file that is whole at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from unetcolor.photos.files import Result


def record_of(result: Result) -> dict[str, Any]:
    """Return what became of a photo, as JSON holds it."""
    return {
        "source": str(result.job.source),
        "page": result.job.page,
        "output": None if result.status == "failed" else str(result.job.output),
        "status": result.status,
        "reason": result.reason,
        "size": result.size,
        "hints": result.hints,
        "seconds": round(result.seconds, 3),
        "changed": list(result.changed),
    }


def _what_is_told(record: dict[str, Any]) -> tuple[str, str, str | None]:
    return record["status"], record["reason"], record["output"]


class Manifest:
    """A file with a line of JSON for each photo that is done; use it in a ``with`` statement.

    Each line is written at once, after the result itself: a process may be killed at any moment. A run that is repeated
    adds lines only for what it changes: a photo whose result was there keeps the line that says how it was made. The
    last line of a photo counts.

    Parameters
    ----------
    path
        A new file, whose folder is made, or a manifest that an earlier run wrote. Two processes need two files.

    Raises
    ------
    ValueError
        The file is there and is no manifest.
    OSError
        The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        # Of each photo, and page of a photo, what its last line says.
        self._told: dict[tuple[str, int | None], tuple[str, str, str | None]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "a+b")
        try:
            self._take_up(path)
        except BaseException:
            self._file.close()
            raise

    def add(self, result: Result) -> None:
        """Write what became of a photo, unless its last line says so already."""
        record = record_of(result)
        key, told = (record["source"], record["page"]), _what_is_told(record)
        before = self._told.get(key)
        # What was made again, such as with another model, is news.
        is_known = result.status != "colorized" and told == before
        is_done_before = result.status == "skipped" and before is not None and before[::2] == ("colorized", told[2])
        if not is_known and not is_done_before:
            self._file.write(json.dumps(record).encode() + b"\n")
            # From now on it is the system's to keep, even if this process is killed.
            self._file.flush()
            self._told[key] = told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _take_up(self, path: Path) -> None:
        """Read what is there, and cut off a last line that a full disk or a power failure left unfinished."""
        self._file.seek(0)
        whole = 0
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n") and line.startswith(b"{"):
                self._file.truncate(whole)
                return
            try:
                record = json.loads(line)
                self._told[record["source"], record["page"]] = _what_is_told(record)
            except (ValueError, LookupError, TypeError):
                raise ValueError(
                    f"line {number} of {path} is not from a manifest of photos: name a file that does not exist yet"
                ) from None
            whole += len(line)
