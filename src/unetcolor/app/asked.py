"""What a program asks of the service: a photo, and how it is to be colorized."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from unetcolor._checks import not_negative, whole_number
from unetcolor.app.models import Models
from unetcolor.errors import shown, unknown_name
from unetcolor.images import WRITE_FORMATS
from unetcolor.images.formats import Format

# The parts of a form that are files, and those that are texts, which may stand in the address, too.
FILES = ("file", "hints", "reference")
TEXTS = ("model", "preset", "saturation", "size", "format")

# In pixels. Measured with ``photo``: a side of 1024 takes 0.2 GB more than the one it was trained at, one of 2048 1 GB.
_LARGEST_SIZE = 1024

# In bytes; what is larger lies in a file without a name, of which nothing is left whatever happens.
IN_MEMORY = 2**20

# Kinds of body that are a picture: also the one that curl names if it is told of none.
_PICTURES = ("", "application/octet-stream", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Asked:
    """A photo, what is known of it, and how it is to be colorized.

    Attributes
    ----------
    photo, hints, reference
        Open files; the last two may be None.
    model
        One of the names of :class:`~unetcolor.app.models.Models`.
    saturation, size
        As in :meth:`unetcolor.UNetColorizer.predict`.
    format
        Of the answer; None is the photo's own.
    """

    photo: IO[bytes]
    hints: IO[bytes] | None
    reference: IO[bytes] | None
    model: str
    saturation: float
    size: int | None
    format: Format | None


@asynccontextmanager
async def asked(request: Any, models: Models) -> AsyncIterator[Asked]:
    """Read what a request asks for; its files are gone at the end.

    Raises
    ------
    ValueError
        A parameter is wrong, or there is no photo.
    starlette.exceptions.HTTPException
        The body is neither a picture nor a form, or it is broken.
    """
    from starlette.exceptions import HTTPException

    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    query = request.query_params.multi_items()
    if kind == "multipart/form-data":
        async with request.form(max_files=len(FILES), max_fields=len(TEXTS)) as form:
            parts = form.multi_items()
            texts = _once([*query, *((name, part) for name, part in parts if isinstance(part, str))], TEXTS)
            files = _once([(name, part) for name, part in parts if not isinstance(part, str)], FILES)
            if "file" not in files:
                raise ValueError("the form has no file named 'file', which is the photo")
            photo, hints, reference = (files[name].file if name in files else None for name in FILES)
            yield _asked(photo, hints, reference, texts, models)
    elif kind.startswith("image/") or kind in _PICTURES:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            async for chunk in request.stream():
                file.write(chunk)
            yield _asked(file, None, None, _once(query, TEXTS), models)
    else:
        raise HTTPException(
            415, f"send the bytes of a picture, or a form (multipart/form-data) with a 'file', not {shown(kind)}"
        )


def _once(items: Sequence[tuple[str, Any]], known: Sequence[str]) -> dict[str, Any]:
    """Return what was given by its names, which must be known and different."""
    given: dict[str, Any] = {}
    for name, value in items:
        if name in FILES and name not in known:
            raise ValueError(f"{name} must be a file that has a name, as in: curl --form {name}=@PICTURE")
        if name not in known:
            raise ValueError(unknown_name("parameter", name, known))
        if name in given:
            raise ValueError(f"{name} was given twice")
        given[name] = value
    return given


def _asked(
    photo: Any, hints: IO[bytes] | None, reference: IO[bytes] | None, texts: Mapping[str, str], models: Models
) -> Asked:
    if "model" in texts and "preset" in texts:
        raise ValueError("give model or preset, not both: either is a name")
    model = models.name_of(texts.get("model", texts.get("preset", models.chosen)))
    size = texts.get("size")
    return Asked(
        photo,
        hints,
        reference,
        model,
        not_negative("saturation", _number("saturation", float, texts.get("saturation", "1"))),
        None if size is None else whole_number("size", _number("size", int, size), least=8, most=_LARGEST_SIZE),
        _format(texts.get("format", "same")),
    )


def _number(name: str, kind: type[int] | type[float], text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} must be {what}, not {shown(text)}") from None


def _format(name: str) -> Format | None:
    if name == "same":
        return None
    suffix = f".{name.lower().removeprefix('.')}"
    if suffix not in WRITE_FORMATS:
        raise ValueError(unknown_name("format", name, ["same", *(known.removeprefix(".") for known in WRITE_FORMATS)]))
    return WRITE_FORMATS[suffix]
