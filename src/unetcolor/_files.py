"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a temporary file, which takes the place of ``path`` when the block ends without an error.

    An error or an interruption leaves what was there before. A link is followed, so that the file it points to is
    replaced and not the link; an existing file keeps its permissions.

    Raises
    ------
    OSError
        The folder does not exist, or the file cannot be written.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: the folder {target.parent} does not exist")
    temporary = target.with_name(f".unetcolor-{secrets.token_hex(8)}{Path(path).suffix}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
