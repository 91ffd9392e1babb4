"""Colorize batches of encoded pictures, as Ray Data, Dask and Spark hand them from process to process."""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from unetcolor._checks import whole_number
from unetcolor.errors import shown, unknown_name
from unetcolor.images import WRITE_FORMATS, Metadata, encode_image, read
from unetcolor.images.fitting import pixels_that_fit
from unetcolor.photos.failures import FAILURES, reason_of
from unetcolor.prediction.predictor import Predictor

# A file, the path of one, or nothing.
_Picture: TypeAlias = io.BytesIO | str | None


class _Outcome(NamedTuple):
    """What the result's columns say of one picture."""

    content: bytes = b""
    error: str = ""
    note: str = ""


class BatchColorizer:
    """Colorizes the pictures in a column of a batch; one that fails does not stop the others.

    It can be pickled, which takes a few bytes, and imports neither Keras nor TensorFlow. Each copy loads its model and
    starts its engine when it is first called: once in each actor of Ray, once for each partition of Spark.

    A picture is ``bytes``, the content of a file of any kind that :func:`unetcolor.images.read_image` reads, or
    ``str``, the path of one. None, as of a download that failed, is a picture that fails. Anything else is an error of
    the program, and is raised.

    Parameters
    ----------
    model
        The name of a preset, or the path of a model file, which every computer must see.
    engine
        As in :meth:`unetcolor.UNetColorizer.predictor`.
    size, saturation
        As in :meth:`unetcolor.UNetColorizer.predict`.
    format
        Of the results: a suffix of :data:`unetcolor.images.WRITE_FORMATS` without its dot.
    quality
        1..100, for JPEG and WebP.
    pictures
        Name of the column that holds the pictures; Ray's ``read_binary_files`` names it so.
    result
        Name of the column for the results; the name of ``pictures`` puts them in their place.

    Raises
    ------
    ValueError
        The format is unknown, the quality is out of range, or a name has two meanings.

    Examples
    --------
    >>> from unetcolor import samples
    >>> contents = [samples.photos()[0].read_bytes(), b"no picture"]
    >>> batch = BatchColorizer()({"id": [7, 8], "bytes": contents})
    >>> list(batch), batch["id"]
    (['id', 'bytes', 'colorized', 'error', 'note'], [7, 8])
    >>> [content[6:10] for content in batch["colorized"]]
    [b'JFIF', b'']
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "photo",
        *,
        engine: str = "auto",
        size: int | None = None,
        saturation: float = 1.0,
        format: str = "jpg",
        quality: int = 95,
        pictures: str = "bytes",
        result: str = "colorized",
    ) -> None:
        suffix = f".{str(format).lower().lstrip('.')}"
        if suffix not in WRITE_FORMATS:
            raise ValueError(unknown_name("format", format, [known[1:] for known in WRITE_FORMATS]))
        if {pictures, result} & {"error", "note"}:
            raise ValueError("the columns error and note are written: give the pictures and the results other names")
        self.model = model
        self.engine = engine
        self.size = size
        self.saturation = saturation
        self.format = suffix[1:]
        self.quality = whole_number("quality", quality, most=100)
        self.pictures = pictures
        self.result = result
        self._begin()

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Colorize the pictures of a batch.

        Parameters
        ----------
        batch
            Columns by name, such as a dict of NumPy arrays, of lists or of Arrow arrays, or a pandas ``DataFrame``.

        Returns
        -------
        dict
            The columns of the batch as they are, and three that are NumPy arrays of objects: the results, ``bytes``
            that hold the metadata of their pictures; ``error``, what went wrong, in words; and ``note``, what was lost
            on the way, such as 16 bits in a JPEG. What there is not is empty, never None, so that each batch has
            columns of the same types.

        Raises
        ------
        ValueError
            The batch has no column of pictures, or it has a column of the name of one that is written.
        TypeError
            A picture is neither ``bytes`` nor ``str``.
        ModelLoadError
            The model cannot be loaded.
        """
        columns = dict(batch)
        if self.pictures not in columns:
            raise ValueError(unknown_name("column", self.pictures, sorted(map(str, columns))))
        names = (self.result, "error", "note")
        taken = columns.keys() & set(names) - {self.pictures}
        if taken:
            raise ValueError(f"the batch has a column {min(taken)!r} already, which is written: rename or drop it")
        given = columns[self.pictures]
        # Arrow's values are no Python objects.
        pictures = [_checked(picture) for picture in (given.to_pylist() if hasattr(given, "to_pylist") else given)]
        outcomes = self._outcomes(self._ready(), pictures)
        for number, name in enumerate(names):
            columns[name] = np.array([outcome[number] for outcome in outcomes], dtype=object)
        return columns

    def __getstate__(self) -> dict[str, Any]:
        """Return the parameters: each process loads its own model."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled."""
        vars(self).update(state)
        self._begin()

    def _begin(self) -> None:
        self._predictor: Predictor | None = None
        self._loading = threading.Lock()

    def _ready(self) -> Predictor:
        # Threads that begin together would all do the same work.
        with self._loading:
            if self._predictor is None:
                predictor = Predictor.load(self.model, engine=self.engine)
                # For its errors: wrong arguments and a model that is none are no fault of the pictures.
                predictor.predict(np.zeros((8, 8), np.uint8), size=self.size, saturation=self.saturation, verbose=0)
                self._predictor = predictor
            return self._predictor

    def _outcomes(self, predictor: Predictor, pictures: Sequence[_Picture]) -> list[_Outcome]:
        try:
            return self._together(predictor, pictures)
        except FAILURES as error:
            if len(pictures) == 1:
                return [_Outcome(error=reason_of(error, pictures[0] or ""))]
            # One of those that the network saw together; nobody knows which.
            return [outcome for picture in pictures for outcome in self._outcomes(predictor, [picture])]

    def _together(self, predictor: Predictor, pictures: Sequence[_Picture]) -> list[_Outcome]:
        """Colorize pictures, of which the network sees several of one size at once."""
        outcomes = [_Outcome()] * len(pictures)
        in_work: deque[tuple[int, Metadata, tuple[str, ...]]] = deque()

        def readable() -> Iterator[np.ndarray]:
            for number, picture in enumerate(pictures):
                if picture is None:
                    outcomes[number] = _Outcome(error="there is no picture")
                    continue
                try:
                    photo = read(picture)
                except FAILURES as error:
                    outcomes[number] = _Outcome(error=reason_of(error, picture))
                else:
                    in_work.append((number, photo.metadata, photo.notes))
                    yield photo.pixels

        for colored in predictor.stream(readable(), size=self.size, saturation=self.saturation):
            number, metadata, notes = in_work.popleft()
            try:
                outcomes[number] = self._encoded(colored, metadata, notes)
            except FAILURES as error:
                outcomes[number] = _Outcome(error=reason_of(error, pictures[number] or ""))
        return outcomes

    def _encoded(self, colored: np.ndarray, metadata: Metadata, notes: tuple[str, ...]) -> _Outcome:
        chosen = WRITE_FORMATS[f".{self.format}"]
        kept, left_out = metadata.fitting(chosen)
        pixels, lost = pixels_that_fit(colored, chosen)
        content = encode_image(pixels, chosen, quality=self.quality, metadata=kept)
        return _Outcome(content, note="; ".join([*notes, *lost, *left_out]))


def _checked(picture: Any) -> _Picture:
    if isinstance(picture, bytes | bytearray):
        return io.BytesIO(picture)
    if isinstance(picture, str):
        return picture
    # What is missing in a column of pandas, which need not be installed.
    is_missing = type(picture).__name__ in ("NAType", "NaTType")
    if picture is None or is_missing or (isinstance(picture, float | np.floating) and isnan(picture)):
        return None
    raise TypeError(f"a picture is bytes, the content of a file, or str, its path, not {shown(picture)}")
