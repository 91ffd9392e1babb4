"""Headers of PBM, PGM and PPM files, which Pillow reads byte by byte, and only some comments of.

The format: https://netpbm.sourceforge.net/doc/ppm.html.
"""

from __future__ import annotations

import io
import re
from typing import IO

from unetcolor.images.unreadable import UnreadableError, decoding

# Far more than any program writes.
_LONGEST_HEADER = 65_536

_BETWEEN = rb"(?:\s|#[^\r\n]*[\r\n])"
# The size, and but for pictures of bits the largest value.
_HEADER = re.compile(rb"P(?:[14](?:%b+\d+){2}|[2356](?:%b+\d+){3})(?=\s|$)" % (_BETWEEN, _BETWEEN))


def without_comments(file: IO[bytes]) -> IO[bytes]:
    """Return a file whose header has no comments: the same file, or what it holds in memory.

    Raises
    ------
    UnreadableError
        The header has no end.
    """
    with decoding():
        file.seek(0)
        start = file.read(_LONGEST_HEADER)
    # A file of floats has another header, and any bytes behind it.
    if b"#" not in start or start[1:2] not in b"123456":
        return file
    header = _HEADER.match(start)
    if header is None:
        if len(start) == _LONGEST_HEADER:
            raise UnreadableError(f"the file is broken: its header has no end in {_LONGEST_HEADER:,} bytes")
        return file
    short = re.sub(rb"\s*#[^\r\n]*[\r\n]\s*", b"\n", header.group())
    with decoding():
        return io.BytesIO(short + start[header.end() :] + file.read())
