"""Show how far long work is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

# Work on fewer items is over before a bar could be read.
_FEWEST = 64


def with_progress(items: Iterable[Item], title: str, total: int, verbose: bool) -> Iterator[Item]:
    """Yield the items, and show a progress bar with the time left if there are many."""
    if not verbose or total < _FEWEST:
        yield from items
        return
    from keras.utils import Progbar

    print(f"{title} ({total})")
    bar = Progbar(total, unit_name="picture")
    for i, item in enumerate(items, start=1):
        yield item
        bar.update(i)
