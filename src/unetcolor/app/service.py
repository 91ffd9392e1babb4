"""The service: a picture comes in over HTTP, and goes out in color."""

from __future__ import annotations

import asyncio
import os
import struct
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from PIL import Image

import unetcolor
from unetcolor.app.asked import IN_MEMORY, Asked, asked
from unetcolor.app.bounds import Bounded, Guarded, problem
from unetcolor.app.guard import HOST
from unetcolor.app.limits import Limits
from unetcolor.app.models import Models
from unetcolor.errors import ImageReadError, ImageTooLargeError, ModelLoadError, printable, require
from unetcolor.hints import read_hints
from unetcolor.images.fitting import pixels_that_fit
from unetcolor.images.formats import WRITE_FORMATS, Format
from unetcolor.images.opening import format_of
from unetcolor.images.writing import write_to
from unetcolor.prediction.reference import Reference

if TYPE_CHECKING:
    from starlette.applications import Starlette

PATHS = ("/colorize", "/health")

# The names that this computer has for itself.
HOSTS = (HOST, "localhost")

# In seconds.
PATIENCE = 120.0

# In bytes.
_CHUNK = 2**16

# In letters.
_LONGEST_NOTES = 1000


def build_service(
    *,
    model: str | os.PathLike[str] | None = None,
    engine: str = "auto",
    max_megapixels: float = 50.0,
    max_file_mb: float = 50.0,
    hosts: Sequence[str] = HOSTS,
    patience: float = PATIENCE,
) -> Starlette:
    """Build the service, without a server: an ASGI application that answers ``POST /colorize`` and ``GET /health``.

    Parameters
    ----------
    model
        A model file, or the name of a preset: what colorizes where a request names nothing else.
    engine
        What runs the network, as in :meth:`unetcolor.prediction.predictor.Predictor.load`.
    max_megapixels, max_file_mb
        Larger photos are refused.
    hosts
        The names under which the server is asked; requests under other names are refused.
    patience
        In seconds: a photo must arrive within this time, and its answer be fetched.

    Returns
    -------
    starlette.applications.Starlette
        The application, for any ASGI server.

    Raises
    ------
    ModelLoadError
        The model file cannot be loaded.
    MissingExtraError
        Starlette, which comes with Gradio, is not installed.
    """
    limits = Limits(max_megapixels, max_file_mb, "unetcolor serve")
    import_starlette()
    return service_of(Models(model, engine), limits, hosts, patience)


def service_of(models: Models, limits: Limits, hosts: Sequence[str] = HOSTS, patience: float = PATIENCE) -> Starlette:
    """Build the service with the colorizers that can be asked for."""
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Route

    endpoints = _Endpoints(models, limits)
    service = Starlette(
        routes=[
            Route("/colorize", endpoints.colorize, methods=["POST"]),
            Route("/health", endpoints.health, methods=["GET"]),
        ],
        middleware=[Middleware(Guarded, hosts), Middleware(Bounded, limits, patience)],
        exception_handlers={HTTPException: _say, Exception: _say_nothing},
    )
    service.router.redirect_slashes = False
    return service


class Beside:
    """Gives the service's addresses to it, and all others to the page."""

    def __init__(self, page: Any, service: Any) -> None:
        self._page, self._service = page, service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the service or the page answer."""
        answer = self._service if scope["type"] == "http" and scope["path"] in PATHS else self._page
        await answer(scope, receive, send)


class _Endpoints:
    def __init__(self, models: Models, limits: Limits) -> None:
        self._models, self._limits = models, limits
        # The network uses all cores for one photo.
        self._turn = asyncio.Semaphore()

    async def colorize(self, request: Any) -> Any:
        from starlette.concurrency import run_in_threadpool
        from starlette.requests import ClientDisconnect
        from starlette.responses import Response, StreamingResponse

        try:
            async with asked(request, self._models) as wanted, _watched(request) as gone, self._turn:
                if gone.done():
                    raise ClientDisconnect
                made = await run_in_threadpool(_colorize, wanted, self._models, self._limits)
        except ClientDisconnect:
            # Nobody gets it.
            return Response(status_code=400)
        except ModelLoadError:
            # An added preset is broken, which is not the fault of whoever asks.
            raise
        except ImageTooLargeError as error:
            return problem(413, str(error))
        except ImageReadError as error:
            return problem(400, str(error))
        except MemoryError:
            return problem(503, "there is not enough memory for this photo")
        # A wrong parameter, hints that do not fit the photo, metadata that an encoder has no room for.
        except (ValueError, struct.error) as error:
            return problem(422, str(error))
        return StreamingResponse(_chunks(made.file), headers=made.headers(), media_type=Image.MIME[made.format.name])

    async def health(self, _: Any) -> Any:
        from starlette.responses import JSONResponse

        return JSONResponse(
            {
                "status": "ok",
                "unetcolor": unetcolor.__version__,
                "model": self._models.chosen,
                "models": self._models.names,
            }
        )


@asynccontextmanager
async def _watched(request: Any) -> AsyncIterator[asyncio.Future[None]]:
    """Yield what is done as soon as nobody waits for the answer any more."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    gone = asyncio.ensure_future(watch())
    try:
        yield gone
    finally:
        gone.cancel()


class _Made(NamedTuple):
    """A result: a file, its format, and what was lost on the way."""

    file: IO[bytes]
    format: Format
    notes: list[str]

    def headers(self) -> dict[str, str]:
        headers = {"Content-Length": str(self.file.seek(0, os.SEEK_END))}
        if self.notes:
            # Names from the file may be among them.
            headers["X-Notes"] = printable("; ".join(self.notes))[:_LONGEST_NOTES].encode("ascii", "replace").decode()
        self.file.seek(0)
        return headers


def _colorize(wanted: Asked, models: Models, limits: Limits) -> _Made:
    """Colorize a photo as the command does: it keeps its size, depth, metadata and color profile."""
    photo = limits.read(wanted.photo, "the photo")
    own = format_of(wanted.photo)
    chosen = wanted.format or (own if own and own.written else WRITE_FORMATS[".png"])
    hints = None if wanted.hints is None else [read_hints(limits.read(wanted.hints, "the hints").pixels)]
    reference = wanted.reference and Reference(limits.read(wanted.reference, "the reference").pixels)
    predictor = models.load(wanted.model)
    (colored,) = predictor.stream(
        [photo.pixels], size=wanted.size, saturation=wanted.saturation, hints=hints, reference=reference
    )
    pixels, lost = pixels_that_fit(colored, chosen)
    metadata, left_out = photo.metadata.fitting(chosen)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)
    write_to(file, pixels, chosen, metadata=metadata)
    return _Made(file, chosen, [*photo.notes, *lost, *left_out])


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


async def _say(request: Any, error: Any) -> Any:
    """Answer a request that no endpoint takes, or one whose body is broken."""
    sentence = {
        404: "there is nothing here: POST a picture to /colorize, or GET /health",
        405: f"{request.url.path} does not take {request.method}: POST a picture to /colorize, or GET /health",
    }
    return problem(error.status_code, sentence.get(error.status_code, error.detail), **(error.headers or {}))


async def _say_nothing(*_: Any) -> Any:
    """Answer after an error of our own; the server's log has all of it, and nobody else needs it."""
    return problem(500, "something went wrong in the server, whose log says what")


def import_starlette() -> None:
    """Raise a MissingExtraError if what the service is made of is not installed."""
    for package in ("starlette", "uvicorn", "python_multipart"):
        require(package, "app")
