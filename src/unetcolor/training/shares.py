"""Which part of each batch a process reads, where several train one network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """The shares of each batch that one process reads, one after the other: one for each of its replicas.

    A share is a run of the batch's pictures. All shares of a batch together are the batch; where it has fewer pictures
    than there are replicas, some are empty.

    Attributes
    ----------
    first
        Number of the first share.
    count
        Number of shares.
    of
        Number of the shares of all processes.

    Examples
    --------
    >>> [Shares(of=3).part(8, number) for number in range(3)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """

    first: int = 0
    count: int = 1
    of: int = 1

    def part(self, pictures: int, number: int) -> slice:
        """Return which pictures of a batch of so many are a share, given its number among those of this process."""
        share = self.first + number
        return slice(pictures * share // self.of, pictures * (share + 1) // self.of)


WHOLE = Shares()
