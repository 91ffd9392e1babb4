"""The ``.keras`` file as an archive, of which nothing is taken on trust: neither its kind nor its size."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from typing_extensions import override

from unetcolor.errors import ModelLoadError

# Of bytes. The presets have ten millions.
LARGEST_FILE = 2**31

# Keras writes three members, and we one more.
_MOST_MEMBERS = 100

_END = struct.Struct("<4s4H2LH")
_LOCAL_HEADER = struct.Struct("<26x2H")
_LONGEST_COMMENT = 2**16


class Member(io.RawIOBase):
    """The bytes of a member, read where they lie in the file, so that they take no memory.

    Parameters
    ----------
    file
        The archive.
    info
        What its directory says of the member, which is not compressed.
    """

    def __init__(self, file: IO[bytes], info: zipfile.ZipInfo) -> None:
        super().__init__()
        self.size = info.file_size
        self._file = file
        self._check_sum = info.CRC
        file.seek(info.header_offset)
        self._start = file.tell() + _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size)))
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        return self._position

    @override
    def tell(self) -> int:
        return self._position

    @override
    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")[: max(0, self.size - self._position)]
        self._file.seek(self._start + self._position)
        count = self._file.readinto(wanted)  # type: ignore[attr-defined]
        self._position += count
        return int(count)

    def require_whole(self) -> None:
        """Raise an OSError unless all bytes are there and as they were written."""
        self.seek(0)
        check_sum = 0
        while content := self.read(2**20):
            check_sum = zlib.crc32(content, check_sum)
        if self.tell() != self.size or check_sum != self._check_sum:
            raise OSError("its content does not have the check sum that was written with it")
        self.seek(0)


@contextmanager
def open_member(path: str | os.PathLike[str], name: str, largest: int = LARGEST_FILE) -> Iterator[Member]:
    """Open a member of a model file for reading.

    Raises
    ------
    ModelLoadError
        There is no such file, it is no ordinary file or no archive, or its member is missing, compressed, or has more
        than ``largest`` bytes; or reading it fails.
    """
    if os.fspath(path).endswith(".onnx"):
        raise ModelLoadError(f"{path} is a model in ONNX, which only predicts: load it with Predictor.load")
    try:
        with open_file(path) as file, _archive(file) as archive:
            if name not in archive.namelist():
                raise ModelLoadError(f"{path} is no model of unetcolor: it has no {name}")
            info = archive.getinfo(name)
            # Neither Keras nor we compress, so what is compressed could only be made to swell.
            if info.file_size > largest or info.compress_type != zipfile.ZIP_STORED:
                raise ModelLoadError(f"{path}: {name} is larger than it can be, or compressed")
            yield Member(file, info)
    except ModelLoadError:
        raise
    except FileNotFoundError as error:
        raise ModelLoadError(f"{path}: there is no such file") from error
    # NotImplementedError is a RuntimeError.
    except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, ValueError, struct.error) as error:
        raise ModelLoadError(f"{path} is not a readable .keras file: {error}") from error


def read_member(path: str | os.PathLike[str], name: str, largest: int) -> bytes:
    """Return the content of a member of a model file, or raise a ModelLoadError as :func:`open_member` does."""
    with open_member(path, name, largest) as member:
        member.require_whole()
        return member.read()


def open_file(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a model file, or raise an OSError if it cannot be one: what is no ordinary file, or too large."""
    # Pipes and devices would keep us waiting, or give without end.
    about = os.stat(path)
    if not stat.S_ISREG(about.st_mode):
        raise OSError("it is no ordinary file")
    if about.st_size > LARGEST_FILE:
        raise OSError(f"it has {about.st_size:,} bytes, and a model has at most {LARGEST_FILE:,}")
    return open(path, "rb")


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    """Return a file as an archive, or raise before :mod:`zipfile` reads a directory nearly as large as the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    if start < 0 or start + _END.size > len(tail):
        raise zipfile.BadZipFile("File is not a zip file")
    _, _, _, _, members, directory, _, _ = _END.unpack_from(tail, start)
    if members > _MOST_MEMBERS or directory > _MOST_MEMBERS * 2**10:
        raise zipfile.BadZipFile(f"it claims to have {members:,} members")
    return zipfile.ZipFile(file)
