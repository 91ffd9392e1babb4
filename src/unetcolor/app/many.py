"""Many photos at once: what is shown of each, and one ZIP file of all results."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from unetcolor.app.opened import reduce_to_page

# Photos at once; the browser shows a picture of each.
MOST_PHOTOS = 100

# Bytes of a ZIP file.
MOST_ZIPPED = 10**9

# Pixels of the longer side.
_THUMBNAIL = 128


class Entry(NamedTuple):
    """A photo in the queue.

    Attributes
    ----------
    path
        The file that the browser sent.
    thumbnail
        The address of its picture, which holds the picture; none yet, or none because the photo cannot be read.
    note
        What came of it, in a few words.
    problem
        Why it has no result.
    """

    path: str
    thumbnail: str = ""
    note: str = "waits"
    problem: str = ""

    @property
    def name(self) -> str:
        """What the photo is called."""
        return Path(self.path).name


def entries_of(paths: Iterable[str]) -> list[Entry]:
    """Return an entry for each of the photos, none twice, and not for too many."""
    return [Entry(path) for path in dict.fromkeys(paths)][:MOST_PHOTOS]


def with_entry(entries: list[Entry], number: int, entry: Entry) -> list[Entry]:
    """Return the photos with another entry in the place of one."""
    return [*entries[:number], entry, *entries[number + 1 :]]


def thumbnail(pixels: np.ndarray, side: int = _THUMBNAIL) -> str:
    """Return the address of a small picture, which holds the picture, and needs no file."""
    small = Image.fromarray(reduce_to_page(pixels if pixels.shape[-1] != 1 else pixels[..., 0], side))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=75)
    return f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"


def queue(entries: list[Entry], chosen: str | None, text: str) -> str:
    """Return a button with a picture for each photo, and a line of text; nothing for a single photo."""
    if len(entries) < 2:
        return ""
    buttons = "".join(
        f'<li><button type="button" value="{number}" aria-pressed="{str(entry.path == chosen).lower()}"'
        f' title="{escape(entry.problem)}">{_picture(entry)}'
        f"<span>{escape(entry.name)}</span> <small>{escape(entry.note)}</small></button></li>"
        for number, entry in enumerate(entries)
    )
    return f'<ul class="queue" aria-label="Photos">{buttons}</ul><p role="status">{escape(text)}</p>'


def name_of_result(photo: str, taken: set[str]) -> str:
    """Return the name of a result, as a single one has it, or one with a number if it is taken; it is taken then."""
    stem, number = Path(photo).stem, 1
    name = f"{stem}_color.png"
    # Not all file systems tell capital letters from small ones.
    while name.lower() in taken:
        number += 1
        name = f"{stem}_color_{number}.png"
    taken.add(name.lower())
    return name


def _picture(entry: Entry) -> str:
    return f'<img src="{entry.thumbnail}" alt="">' if entry.thumbnail else '<span class="none"></span>'
