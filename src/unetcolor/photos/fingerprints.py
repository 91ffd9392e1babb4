"""Tell whether a file is still what it was, and read it only where its size and time do not tell that."""

from __future__ import annotations

import hashlib
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

_DIGEST_BYTES = 16


class Fingerprint(NamedTuple):
    """What a file held at a moment.

    Attributes
    ----------
    size
        In bytes.
    modified
        When it was last written to, in nanoseconds since 1970.
    digest
        Of its content, in hexadecimal digits.
    """

    size: int
    modified: int
    digest: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the fingerprint of a file, which is read.

        Raises
        ------
        OSError
            There is no such file, or it cannot be read.
        """
        size, modified = _size_and_time(path)
        return cls(size, modified, _digest(path, size, modified))

    def fits(self, path: Path) -> bool:
        """Tell whether a file is there and holds this.

        A file of another size does not, and one of the same size and time does: neither is read. A copy has another
        time, and is compared by its content.
        """
        try:
            size, modified = _size_and_time(path)
            if size != self.size:
                return False
            return modified == self.modified or _digest(path, size, modified) == self.digest
        except OSError:
            return False


def _size_and_time(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    # A pipe may keep its reader waiting forever.
    if not stat.S_ISREG(found.st_mode):
        raise OSError(f"{path} is no file")
    return found.st_size, found.st_mtime_ns


# A model or a reference is the same file for all photos.
@lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_DIGEST_BYTES)).hexdigest()
