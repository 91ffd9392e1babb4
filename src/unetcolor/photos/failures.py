"""What may go wrong with one photo, which is no matter of the others, and how it is told."""

from __future__ import annotations

import os
import struct
from typing import IO

from unetcolor.images.opening import name_of

#: What is raised for one photo alone: a file that cannot be read, a full disk, a folder that may not be written to, a
#: photo too large for what was asked or for the memory, metadata that an encoder has no room for. All else is an error
#: of the program.
FAILURES = (OSError, ValueError, struct.error, MemoryError)


def reason_of(error: BaseException, source: str | os.PathLike[str] | IO[bytes]) -> str:
    """Return what went wrong with a photo, in words that leave out its name: whoever shows them names it."""
    if isinstance(error, MemoryError):
        return "not enough memory"
    return str(error).removeprefix(f"cannot read {name_of(source)}: ") or type(error).__name__
