"""Which pictures each batch of a training holds: each one once an epoch, or each source by its share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from math import ceil

import numpy as np
from typing_extensions import override


class Order(ABC):
    """Which pictures each batch holds."""

    steps: int
    """Batches that show as many pictures as there are."""

    @abstractmethod
    def choose(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Return the indices of the pictures of a batch.

        Parameters
        ----------
        number
            Of the batch, counted on through all epochs.
        rng
            Where random numbers come from; it belongs to this batch alone.
        """


class InTurn(Order):
    """Each picture once, then each once again; the last batch of such a pass may have fewer pictures.

    Parameters
    ----------
    count
        Number of pictures.
    batch_size
        Pictures of a batch.
    shuffle
        Take the pictures in a new order in each pass.
    seed
        Of that order.
    full
        Fill up a last batch that would have fewer pictures, with those that the pass began with; all batches are then
        of one length.
    """

    def __init__(self, count: int, batch_size: int, *, shuffle: bool, seed: int, full: bool = False) -> None:
        self._count = count
        self._batch_size = min(batch_size, count)
        self._full = full
        self._shuffle = shuffle
        self._seed = seed
        self.steps = ceil(count / batch_size)

    @override
    def choose(self, number: int, rng: np.random.Generator) -> np.ndarray:
        turn, batch = divmod(number, self.steps)
        every = np.arange(self._count)
        order = np.random.default_rng((self._seed, turn)).permutation(self._count) if self._shuffle else every
        places = np.arange(batch * self._batch_size, (batch + 1) * self._batch_size)
        return order[places % self._count if self._full else places[places < self._count]]


class ByShare(Order):
    """Pictures drawn at random, so that each source has its share of them, however many pictures it holds.

    Parameters
    ----------
    counts
        Number of pictures of each source; they lie one source after the other.
    shares
        Share of each source.
    batch_size
        Pictures of a batch.
    """

    def __init__(self, counts: Sequence[int], shares: Sequence[float], batch_size: int) -> None:
        self._probabilities = np.concatenate(
            [np.full(count, share / count) for count, share in zip(counts, shares, strict=True)]
        )
        self._batch_size = batch_size
        self.steps = ceil(sum(counts) / batch_size)

    @override
    def choose(self, number: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(len(self._probabilities), size=self._batch_size, p=self._probabilities)


def shares_of(counts: Mapping[str, int], favorites: Collection[str] = (), favorites_share: float = 0.0) -> list[float]:
    """Return the share of each source, which grows with the square root of the number of its pictures.

    A large source then teaches most, and a small one is not lost in it.

    Parameters
    ----------
    counts
        Number of pictures of each source.
    favorites
        Sources that together have the share ``favorites_share``.
    favorites_share
        That share; the others together have the rest.

    Examples
    --------
    >>> shares_of({"few": 100, "many": 900})
    [0.25, 0.75]
    >>> shares_of({"few": 100, "many": 900, "faces": 10}, favorites={"faces"}, favorites_share=0.6)
    [0.1, 0.3, 0.6]
    """
    shares = np.sqrt(np.array(list(counts.values()), np.float64))
    shares /= shares.sum()
    if favorites:
        favored = np.isin(list(counts), list(favorites))
        for group, total in ((favored, favorites_share), (~favored, 1 - favorites_share)):
            shares[group] *= total / shares[group].sum()
    return [round(float(share), 12) for share in shares]
