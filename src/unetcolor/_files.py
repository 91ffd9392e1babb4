"""Write a file, or a folder, whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# The names of our temporary files and folders, and of nobody else's: they say which process writes.
_TEMPORARY = re.compile(r"\.unetcolor-(?P<process>\d+)-[0-9a-f]{16}(?P<suffix>\.[^.]+)?")

# Of a folder that is written. One without it is what another folder takes the place of, and may be the only copy.
_UNFINISHED = ".unfinished"

# In seconds. A film is written for hours, but never this long without a change of its file.
_ABANDONED = 24 * 3600

# Folders that were looked through: once each, because a look through a large folder takes time.
_seen: set[Path] = set()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a temporary file, which takes the place of ``path`` when the block ends without an error.

    An error or an interruption leaves what was there before. A link is followed, so that the file it points to is
    replaced and not the link; an existing file keeps its permissions. What a process that was killed left in the folder
    a day ago or earlier is deleted.

    Raises
    ------
    OSError
        The folder does not exist, or the file cannot be written.
    """
    target = _target(path)
    temporary = _temporary(target, Path(path).suffix)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        _tidy(temporary)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a temporary folder, which takes the place of ``path`` when the block ends without an error.

    An error or an interruption leaves what was there before; what was there is deleted after that, whatever it holds.
    What a process that was killed had written a day ago or earlier is deleted, as by :func:`replacing`.

    Raises
    ------
    OSError
        The folder around it does not exist, or the folder cannot be written.
    """
    target = _target(path)
    temporary, old = _temporary(target, _UNFINISHED), _temporary(target)
    temporary.mkdir()
    try:
        yield temporary
        _tidy(temporary)
        try:
            if target.exists():
                os.rename(target, old)
            os.rename(temporary, target)
        except BaseException:
            if old.exists() and not target.exists():
                os.rename(old, target)
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def append_line(path: str | os.PathLike[str], line: bytes) -> None:
    """Append a line to a file that other processes append to at the same time; a new file is made.

    What an earlier process could not finish, such as on a full disk, is a line of its own, and no link is followed.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    # A folder may be anybody's: a link in it would let them choose which file we write to.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o666), "r+b", buffering=0) as file:
        _wait_for(file.fileno())
        is_whole = not file.seek(0, os.SEEK_END) or (file.seek(-1, os.SEEK_END), file.read(1))[1] == b"\n"
        content = (b"" if is_whole else b"\n") + line + b"\n"
        if file.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))


def _wait_for(file: int) -> None:
    """Wait until no other process appends to an open file, where the system can tell."""
    if sys.platform != "win32":
        # Some network drives have no locks; there, two lines at the same moment may spoil each other.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)


def _target(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: the folder {target.parent} does not exist")
    return target


def _temporary(target: Path, suffix: str = "") -> Path:
    return target.with_name(f".unetcolor-{os.getpid()}-{secrets.token_hex(8)}{suffix}")


def _tidy(written: Path) -> None:
    """Look once through the folder in which something was just written, for what nobody writes to any more."""
    folder = written.parent
    if folder not in _seen:
        _seen.add(folder)
        # The clock of a network drive is not ours: what was just written there tells its time.
        _delete_abandoned(folder, written.stat().st_mtime)


def _delete_abandoned(folder: Path, now: float) -> None:
    """Delete the temporary files and folders in a folder that nobody writes to any more."""
    # Other processes may delete the same files, or be the only ones that may; the file to write does not depend on it.
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _TEMPORARY.fullmatch(entry.name)
            with suppress(OSError):
                if found and now - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED:
                    if not _is_running(int(found["process"])):
                        _delete(entry, found["suffix"])


def _delete(entry: os.DirEntry[str], suffix: str | None) -> None:
    if not entry.is_dir(follow_symlinks=False):
        os.unlink(entry)
    elif suffix == _UNFINISHED:
        shutil.rmtree(entry, ignore_errors=True)


def _is_running(process: int) -> bool:
    """Tell whether a process of this computer may still write; of other computers, only the age of the file tells."""
    # There, ``os.kill`` ends the process; and files that are open are not deleted.
    if os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
