"""Divide names into parts that do not overlap, so that several computers can each do one."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Self

from unetcolor._checks import whole_number
from unetcolor.errors import shown

# Of the whole number that a name's digest is.
_DIGEST_BYTES = 8


@dataclass(frozen=True)
class Shard:
    """One of several parts; every name lies in exactly one of them, whatever other names there are.

    Parameters
    ----------
    number
        Which of the parts, from 1 to ``count``.
    count
        Number of parts.

    Examples
    --------
    >>> shards = [Shard.parse(text) for text in ("1/3", "2/3", "3/3")]
    >>> [[name for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg") if name in shard] for shard in shards]
    [['a.jpg', 'b.jpg'], ['c.jpg', 'd.jpg'], []]
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        count = whole_number("the number of shards", self.count)
        if not 1 <= self.number <= count:
            raise ValueError(f"there is no shard {self.number}/{count}, only 1/{count} to {count}/{count}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the shard that a text such as ``"3/16"`` names.

        Raises
        ------
        ValueError
            It is no such text, or there is no such shard.
        """
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if found is None:
            raise ValueError(f"a shard is NUMBER/COUNT such as 3/16, not {shown(text)}")
        return cls(int(found[1]), int(found[2]))

    def __contains__(self, name: str) -> bool:
        # Not Python's own hash, which differs from process to process.
        digest = hashlib.blake2b(os.fsencode(name), digest_size=_DIGEST_BYTES).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1
