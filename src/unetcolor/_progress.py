"""Show how far long work is, in a line on the standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

from unetcolor._log import logger

Item = TypeVar("Item")

# Work on fewer items is over before a line could be read.
_FEWEST = 64

# Seconds from line to line: a terminal and a notebook show the last one only, a log keeps all.
_PAUSE, _PAUSE_IN_LOG = 0.2, 30.0
_WIDTH = 70


def with_progress(items: Iterable[Item], title: str, total: int, verbose: bool) -> Iterator[Item]:
    """Yield the items, and meanwhile show how many are done and the time left if there are many."""
    if not verbose or total < _FEWEST:
        yield from items
        return
    is_watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    pause = _PAUSE if is_watched else _PAUSE_IN_LOG
    begin = shown = time.monotonic()
    try:
        for done, item in enumerate(items, start=1):
            yield item
            now = time.monotonic()
            if now - shown >= pause:
                shown = now
                left = timedelta(seconds=round((now - begin) / done * (total - done)))
                line = f"{title}: {done} of {total}, {left} left"
                # Covers the line before it.
                _write(f"\r{line:<{_WIDTH}}" if is_watched else f"{line}\n")
    finally:
        if is_watched:
            _write(f"\r{'':<{_WIDTH}}\r")


def tell(what: str, verbose: bool) -> None:
    """Log what is done, and show it if that is wanted."""
    logger.info("%s", what)
    if verbose:
        _write(f"{what}\n")


def _write(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
