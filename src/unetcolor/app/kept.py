"""The files of the page: photos that the browser sent, and their results."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

_PREFIX = "unetcolor-page-"

# In seconds. The server touches its folder every second.
_ABANDONED = 3600

# The most that is kept in all; what was not used for longest goes first.
_MOST_FILES = 200
_MOST_BYTES = 2 * 10**9

# In seconds.
_FORGOTTEN = 10


@contextmanager
def private_folder() -> Iterator[Path]:
    """Let Gradio keep its files in a folder that only this user can read, and delete the folder at the end.

    Whoever serves the page touches the folder, at least each minute: the folders of servers that were killed are
    deleted by the next one.
    """
    before = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as path:
        _delete_abandoned(Path(path))
        os.environ["GRADIO_TEMP_DIR"] = path
        try:
            yield Path(path)
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
            if before is not None:
                os.environ["GRADIO_TEMP_DIR"] = before


def folder() -> str:
    """Return where Gradio keeps the files of the page."""
    from gradio.utils import get_upload_folder

    path: str = get_upload_folder()
    os.makedirs(path, exist_ok=True)
    return path


def copy_in(path: Path) -> str:
    """Copy a picture to where a dropped picture would be."""
    copy = _new_path(path.name)
    copy.write_bytes(path.read_bytes())
    return str(copy)


def is_ours(path: Any) -> bool:
    """Tell whether the browser sent a file, or the page made it."""
    if not isinstance(path, str) or "\0" in path:
        return False
    return os.path.realpath(path).startswith(os.path.realpath(folder()) + os.sep)


class Sessions:
    """The files of each page that is open in a browser. A session is Gradio's name for such a page."""

    def __init__(self) -> None:
        self._dropped: defaultdict[str, set[str]] = defaultdict(set)
        self._made: defaultdict[tuple[str, str], list[Path]] = defaultdict(list)
        self._lasting: frozenset[Path] = frozenset()
        self._lock = Lock()

    def keep_what_is_there(self) -> None:
        """Never delete the files that are there before any session: they are pictures of the page itself."""
        self._lasting = frozenset(_files_in(Path(folder())))

    def use(self, session: str, *dropped: str | None) -> None:
        """Note the dropped files that a session works with, and delete what is too much of all sessions."""
        paths = [path for path in dropped if path is not None and is_ours(path)]
        with self._lock:
            # An example that is chosen is the file of its picture on the page.
            self._dropped[session].update(path for path in paths if Path(path) not in self._lasting)
            for path in paths:
                with suppress(OSError):
                    os.utime(path)
            _delete_oldest(self._lasting)

    def new_path(self, session: str, use: str, name: str) -> Path:
        """Return the path of a new file, which takes the place of the session's earlier file of this use.

        Raises
        ------
        gradio.Error
            The page was closed since :meth:`use`. Nobody would delete the file.
        """
        with self._lock:
            if session not in self._dropped:
                from gradio import Error

                raise Error("this page was closed", print_exception=False)
            made = self._made[session, use]
            # The last one may be on its way to the browser.
            while len(made) > 1:
                _delete(made.pop(0))
            made.append(_new_path(name))
            return made[-1]

    def end(self, session: str) -> None:
        """Delete the files of a session that no other one works with."""
        with self._lock:
            dropped = self._dropped.pop(session, set()).difference(*self._dropped.values())
            made = [self._made.pop(key) for key in list(self._made) if key[0] == session]
            for path in (*map(Path, dropped), *(path for paths in made for path in paths)):
                _delete(path)
            _delete_oldest(self._lasting)


def _new_path(name: str) -> Path:
    """Return the path of a new file, in a new folder."""
    return Path(tempfile.mkdtemp(dir=folder()), name)


def _delete(path: Path) -> None:
    """Delete a file, and its folder if nothing else is there."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        if path.parent != Path(folder()):
            path.parent.rmdir()


def _delete_oldest(lasting: frozenset[Path]) -> None:
    """Delete files of the private folder, but those that last, until there are not too many."""
    private = Path(folder())
    # The folder of Gradio that other programs use, too.
    if not private.name.startswith(_PREFIX):
        return
    files = []
    for path in set(_files_in(private)) - lasting:
        with suppress(OSError):
            status = path.stat()
            if status.st_size or path.parent != private:
                files.append((status.st_mtime, status.st_size, path))
            # Gradio makes an empty file for each file that it hands on, and forgets it. A young one may be a photo that
            # the browser begins to send.
            elif time.time() - status.st_mtime > _FORGOTTEN:
                path.unlink()
    files.sort()
    count, size = len(files), sum(size for _, size, _ in files)
    for _, its_size, path in files:
        if count <= _MOST_FILES and size <= _MOST_BYTES:
            break
        _delete(path)
        count, size = count - 1, size - its_size


def _files_in(folder: Path) -> Iterator[Path]:
    # Unlike ``rglob``, it takes folders that vanish meanwhile for empty.
    for parent, _, names in os.walk(folder):
        for name in names:
            yield Path(parent, name)


def _delete_abandoned(own: Path) -> None:
    """Delete the folders, next to our own, of servers of the same user that were killed."""
    status = own.stat()
    with os.scandir(own.parent) as entries:
        for entry in entries:
            with suppress(OSError):
                other = entry.stat(follow_symlinks=False)
                is_abandoned = status.st_mtime - other.st_mtime > _ABANDONED and status.st_uid == other.st_uid
                if is_abandoned and entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry)
