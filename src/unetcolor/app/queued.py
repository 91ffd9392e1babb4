"""What happens when many photos are dropped; to be imported only where Gradio is installed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from unetcolor.app.handlers import Handlers
from unetcolor.app.many import (
    MOST_PHOTOS,
    MOST_ZIPPED,
    Entry,
    entries_of,
    name_of_result,
    queue,
    thumbnail,
    with_entry,
)
from unetcolor.errors import ImageReadError, counted
from unetcolor.images import write_image

_FOLDERS = "unetcolor colorize FOLDER takes any number"


class Queued:
    """Answers to what the user does with many photos.

    Parameters
    ----------
    handlers
        Answers to what the user does with one of them.
    """

    def __init__(self, handlers: Handlers) -> None:
        self._one = handlers

    def drop(
        self, photos: list[str] | None, photo: str | None, hints: Any, layer: Any, known: dict[str | None, Any]
    ) -> tuple[Any, ...]:
        """Return the photo to show, what is known of it and of the others, all photos, and their part of the page."""
        entries = entries_of(photos or [])
        paths = [entry.path for entry in entries]
        known = {path: what for path, what in (known | {photo: (hints, layer)}).items() if path in paths}
        photo = photo if photo in paths else next(iter(paths), None)
        left = len(set(photos or [])) - len(entries)
        if left:
            gr.Warning(f"The page takes {MOST_PHOTOS} photos at once, and leaves {left} out: {_FOLDERS}.")
        return (
            photo,
            *known.get(photo, ([], None)),
            known,
            entries,
            gr.Column(visible=len(entries) > 1),
            queue(entries, photo, _counted(entries)),
            gr.Button(f"Colorize all {counted(len(entries), 'photo')}"),
        )

    def look(self, request: gr.Request, entries: list[Entry], photo: str | None) -> Iterator[tuple[Any, str]]:
        """Yield the photos, and what is shown of them, with one more picture each time."""
        if len(entries) < 2:
            yield entries, ""
            return
        for number, entry in enumerate(entries):
            self._one.files.use(self._one.session(request), entry.path)
            try:
                looked = entry._replace(thumbnail=thumbnail(self._one.limits.read(entry.path, entry.name).pixels))
            except ImageReadError as error:
                looked = entry._replace(note="cannot be read", problem=str(error))
            entries = with_entry(entries, number, looked)
            yield entries, queue(entries, photo, _counted(entries))

    def choose(
        self,
        event: gr.EventData,
        entries: list[Entry],
        photo: str | None,
        hints: Any,
        layer: Any,
        known: dict[str | None, Any],
    ) -> tuple[Any, ...]:
        """Return the photo that was clicked on, what is known of it and of the others, and what is shown of all."""
        chosen = entries[int(event.number)].path
        known = known | {photo: (hints, layer)}
        return chosen, *known.get(chosen, ([], None)), known, queue(entries, chosen, _counted(entries))

    def forget(self) -> tuple[None, Any]:
        """Return no ZIP file, and the button that would download it."""
        return None, self.offer(None)

    def offer(self, made: Path | None) -> Any:
        """Return the button that downloads a ZIP file, if there is one."""
        return gr.DownloadButton(value=made, interactive=made is not None)

    def run(
        self,
        request: gr.Request,
        entries: list[Entry],
        known: dict[str | None, Any],
        photo: str,
        name: str,
        saturation: float,
        side: str,
        hints: Any,
        layer: Any,
        reference: str | None,
    ) -> Iterator[tuple[Any, str, Path | None]]:
        """Colorize all photos; yield them, what is shown of them, and at the end a ZIP file of the results."""
        session, known = self._one.session(request), known | {photo: (hints, layer)}
        self._one.files.use(session, *(entry.path for entry in entries), reference)
        entries = [entry._replace(note="waits", problem="") for entry in entries]
        target = self._one.files.new_path(session, "zip", "unetcolor.zip")
        taken: set[str] = set()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for number, entry in enumerate(entries):
                shown = with_entry(entries, number, entry._replace(note="in work"))
                yield entries, queue(shown, photo, _counted(entries)), None
                made = self._one.files.new_path(session, "queued", "result.png")
                try:
                    opened = self._one.limits.read(entry.path, entry.name)
                    what = *known.get(entry.path, ([], None)), reference
                    colored, _ = self._one.give_colors(opened.pixels, name, saturation, side, *what)
                    write_image(made, colored, metadata=opened.metadata)
                    if target.stat().st_size + made.stat().st_size > MOST_ZIPPED:
                        raise ValueError(f"the ZIP file is full: drop this photo again later; {_FOLDERS}")
                    archive.write(made, name_of_result(entry.path, taken))
                    done = entry._replace(note="in color", thumbnail=thumbnail(colored))
                except (ImageReadError, ValueError) as error:
                    done = entry._replace(note="has no result", problem=self._one.without_folders(error, entry.path))
                made.unlink(missing_ok=True)
                entries = with_entry(entries, number, done)
        yield entries, queue(entries, photo, _counted(entries, target.stat().st_size)), target if taken else None


def _counted(entries: list[Entry], size: int = 0) -> str:
    """Return in words how many photos are in color, and which have no result."""
    done = sum(entry.note == "in color" for entry in entries)
    count = f"{done} of " * bool(done) + counted(len(entries), "photo")
    parts = [count + " in color" * bool(done) + f", {size / 1e6:.1f} MB" * bool(size and done)]
    return "; ".join(parts + [entry.problem for entry in entries if entry.problem])
