"""The files of the page: photos that the browser sent, and their results."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def private_folder() -> Iterator[None]:
    """Let Gradio keep its files in a folder that only this user can read, and delete the folder at the end."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="unetcolor-", ignore_cleanup_errors=True) as path:
        os.environ["GRADIO_TEMP_DIR"] = path
        try:
            yield
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


def new_path(name: str) -> Path:
    """Return the path of a new file, in a new folder."""
    return Path(tempfile.mkdtemp(dir=folder()), name)


def copy_in(path: Path) -> str:
    """Copy a picture to where a dropped picture would be."""
    copy = new_path(path.name)
    copy.write_bytes(path.read_bytes())
    return str(copy)


def is_ours(path: Any) -> bool:
    """Tell whether the browser sent a file, or the page made it."""
    if not isinstance(path, str) or "\0" in path:
        return False
    return os.path.realpath(path).startswith(os.path.realpath(folder()) + os.sep)
