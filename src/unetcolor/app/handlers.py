"""What happens on the page; to be imported only where Gradio is installed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import gradio as gr
import numpy as np
from PIL import Image

from unetcolor._checks import LARGEST_SIDE_OF_NETWORK
from unetcolor.app.comparing import SATURATIONS, at_each_saturation
from unetcolor.app.editing import marked, names, nearest, palette, to_hex
from unetcolor.app.kept import Sessions
from unetcolor.app.limits import Limits
from unetcolor.app.many import thumbnail
from unetcolor.app.markup import before_and_after, canvas, choices, message, palette_of
from unetcolor.app.models import kept
from unetcolor.app.opened import (
    Layer,
    Opened,
    describe,
    enlarge_to_click,
    open_for_page,
    reduce_to_page,
    what_is_known,
    without_color,
)
from unetcolor.app.settings import AS_TRAINED, PICK, REMOVE, RESULT, SIZES
from unetcolor.errors import ImageReadError
from unetcolor.hints import LAYER_SUFFIX, Hint, draw_layer
from unetcolor.images import split_alpha, write_image
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

Size: TypeAlias = tuple[int, int]

# Pixels of the longer side of the pictures that are compared.
_COMPARED = 640

_GONE = "the page does not keep this photo any more; drop it again"


class Handlers:
    """Answers to what the user does.

    Parameters
    ----------
    load
        Returns what gives colors, for a name that can be chosen on the page.
    limits
        Larger photos are refused.
    """

    def __init__(self, load: Callable[[str], Predictor], limits: Limits) -> None:
        self._load = load
        # The page asks for what it shows again and again.
        self._open: Callable[[str], Opened] = kept(lambda path: open_for_page(path, limits))
        self._layer: Callable[[str, Size], Layer] = kept(lambda path, size: Layer(path, size, limits))
        self._reference = kept(lambda path: Reference(limits.read(path, path).pixels))
        self.limits = limits
        self.files = Sessions()

    def colorize(
        self, request: gr.Request, photo: str | None, name: str, saturation: float, side: str, *known: Any
    ) -> tuple[str, str, Any, Any]:
        """Return the slider between both pictures, the message, and the files of the result and of the hints."""
        nothing = gr.DownloadButton(value=None, interactive=False)
        if photo is None:
            return before_and_after(None, ""), message(""), nothing, nothing
        start, file, session = time.perf_counter(), Path(photo), self.session(request)
        hints, layer, reference = known
        self.files.use(session, photo, layer, reference)
        try:
            opened, predictor = self._open(photo), self._load(name)
            size = opened.pixels.shape[:2]
            colored, given = self.give_colors(opened.pixels, name, saturation, side, *known)
        except (ImageReadError, ValueError) as error:
            told = message(self.without_folders(error, photo, *known), "problem")
            return before_and_after(None, ""), told, nothing, nothing
        parts = [f"{size[1]} x {size[0]} pixels", name, f"saturation {saturation:g}", *describe(given)]
        parts += [f"seen {side}"] * (side != AS_TRAINED)
        how = ", ".join([*parts, f"{time.perf_counter() - start:.1f} s"])
        done = message("; ".join([f"{file.name}: {how}", *opened.notes]))
        shown = without_color(opened.shown, predictor), reduce_to_page(colored)
        before, after = (
            self._show(session, f"{use}.webp", pixels) for use, pixels in zip(("before", "after"), shown, strict=True)
        )
        slider = before_and_after((before, after), file.name, size)
        result = self.files.new_path(session, "result", f"{file.stem}_color.png")
        write_image(result, colored, metadata=opened.metadata)
        download = gr.DownloadButton(value=result, interactive=True)
        if not hints:
            return slider, done, download, nothing
        # With the photo's whole name: a photo.jpg and a photo.png have hints of their own.
        layer_file = self.files.new_path(session, "layer", f"{file.name}{LAYER_SUFFIX}")
        write_image(layer_file, draw_layer(hints, size, None if layer is None else self._layer(layer, size).at(size)))
        return slider, done, download, gr.DownloadButton(value=layer_file, interactive=True)

    def give_colors(
        self, pixels: np.ndarray, name: str, saturation: float, side: str, *known: Any
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Return a photo in color, at its full size, and what was known of it."""
        size, predictor = pixels.shape[:2], self._load(name)
        given = self._known(*known, size=size, shown=size)
        (colored,) = predictor.stream([pixels], size=_seen(predictor, side), saturation=saturation, **given)
        return colored, given

    def preview(
        self, request: gr.Request, color: str, photo: str | None, name: str, saturation: float, side: str, *known: Any
    ) -> tuple[str, Any, str, Any]:
        """Return the picture to click on, the list of hints, the palette, and the picture without marks."""
        hints = known[0]
        listed = gr.Dropdown(choices=names(hints), value=None, interactive=bool(hints))
        if photo is None:
            return canvas(None, ""), listed, palette_of([], color), None
        session = self.session(request)
        self.files.use(session, photo)
        try:
            opened, predictor = self._open(photo), self._load(name)
            size = opened.pixels.shape[:2]
            given = self._known(*known, size=size, shown=opened.small.shape[:2])
            if not predictor.codec.hints:
                given.pop("hints", None)
            (colored,) = predictor.stream([opened.small], size=_seen(predictor, side), saturation=saturation, **given)
        # What is wrong stands in the message of the result.
        except (ImageReadError, ValueError):
            return canvas(None, ""), listed, palette_of([], color), None
        rgb, _ = split_alpha(colored)
        large = enlarge_to_click(rgb)
        shown = self._show(session, "canvas.jpg", marked(large, hints, size))
        return canvas(shown, Path(photo).name, size), listed, palette_of(palette(rgb), color), large

    def compare(self, request: gr.Request, photo: str | None, name: str, side: str, *known: Any) -> str:
        """Return the photo at several saturations, to choose from."""
        if photo is None:
            return choices({}, "")
        self.files.use(self.session(request), photo)
        try:
            opened, predictor = self._open(photo), self._load(name)
            size, small = opened.pixels.shape[:2], reduce_to_page(opened.small, _COMPARED)
            given = self._known(*known, size=size, shown=small.shape[:2])
            colored = at_each_saturation(predictor, small, size=_seen(predictor, side), **given)
        # What is wrong stands in the message of the result.
        except (ImageReadError, ValueError):
            return choices({}, "")
        shown = {saturation: thumbnail(rgb, _COMPARED) for saturation, rgb in zip(SATURATIONS, colored, strict=True)}
        return choices(shown, Path(photo).name)

    def click(
        self,
        request: gr.Request,
        event: gr.EventData,
        action: str,
        color: str,
        unmarked: np.ndarray,
        photo: str,
        name: str,
        saturation: float,
        side: str,
        hints: list[Hint],
        *known: Any,
    ) -> tuple[Any, ...]:
        """Return the chosen color and the hints after a click on the picture, and what :meth:`preview` returns."""
        # Shares of the width and the height.
        x, y = (min(max(float(share), 0.0), 1.0) for share in (event.x, event.y))
        try:
            height, width = self._open(photo).pixels.shape[:2]
        except ImageReadError:
            # The page was away for long, or too much has been dropped since.
            raise gr.Error(_GONE, print_exception=False) from None
        row, column = _within(y * height - 0.5, height), _within(x * width - 0.5, width)
        if action == PICK:
            rows, columns = unmarked.shape[:2]
            color = to_hex(unmarked[min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)] / 255)
        elif action == REMOVE:
            number = nearest(hints, row, column, height / unmarked.shape[0])
            hints = [hint for i, hint in enumerate(hints) if i != number]
        else:
            hints = [*hints, Hint(row, column, color)]
        # In one answer: a second question would take the browser a tenth of a second.
        return color, hints, *self.preview(request, color, photo, name, saturation, side, hints, *known)

    def remove(self, chosen: str | None, hints: list[Hint]) -> list[Hint]:
        """Return the hints without the one that was chosen in the list."""
        return [hint for hint, name in zip(hints, names(hints), strict=True) if name != chosen]

    def place(
        self, photo: str | None, color: str, column: float | None, row: float | None, hints: list[Hint]
    ) -> list[Hint]:
        """Return the hints with another one at a place that was given by numbers."""
        if photo is None or column is None or row is None:
            return hints
        try:
            height, width = self._open(photo).pixels.shape[:2]
        except ImageReadError:
            return hints
        return [*hints, Hint(_within(row, height), _within(column, width), color)]

    def end(self, request: gr.Request) -> None:
        """Forget a page that was closed."""
        self.files.end(self.session(request))

    @staticmethod
    def session(request: gr.Request) -> str:
        """Return Gradio's name for a page that is open in a browser."""
        return request.session_hash or ""

    @staticmethod
    def without_folders(error: Exception, photo: str, *files: Any) -> str:
        """Return what an error says, but not where the server keeps its files."""
        text = str(error) if os.path.exists(photo) else f"{Path(photo).name}: {_GONE}"
        for path in (path for path in (photo, *files) if isinstance(path, str)):
            text = text.replace(path, Path(path).name)
        return text

    def _show(self, session: str, name: str, pixels: np.ndarray) -> Path:
        """Return a new file of what the page shows under a name."""
        path = self.files.new_path(session, name, name)
        Image.fromarray(pixels).save(path)
        return path

    def _known(
        self, hints: list[Hint], layer: str | None, reference: str | None, *, size: Size, shown: Size
    ) -> dict[str, Any]:
        return what_is_known(
            hints,
            None if layer is None else self._layer(layer, size),
            None if reference is None else self._reference(reference),
            size=size,
            shown=shown,
        )


def chosen_saturation(event: gr.EventData) -> tuple[float, Any]:
    """Return the saturation that was chosen by eye, and show the result."""
    return float(event.saturation), gr.Tabs(selected=RESULT)


def chosen_color(event: gr.EventData) -> str:
    """Return the color that was chosen on the page."""
    return to_hex(Hint(0, 0, event.color).rgb)


def _seen(predictor: Predictor, side: str) -> int | None:
    """Return the size at which the network sees a photo; None is that for which it was trained."""
    if side == AS_TRAINED:
        return None
    return min(round(SIZES[side] * predictor.side), LARGEST_SIDE_OF_NETWORK)


def _within(place: float, length: int) -> float:
    return min(max(place, 0), length - 1)
