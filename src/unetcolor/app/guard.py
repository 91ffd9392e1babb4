"""Keeps out other computers, other websites, and files that were not dropped on the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from unetcolor.app.kept import is_ours

HOST = "127.0.0.1"

_METHODS = ("GET", "HEAD", "POST")

# In bytes: the page itself sends little more than the names of files and some choices.
_LONGEST_MESSAGE = 1_000_000

# The addresses of Gradio that the page needs; some of the others make the server fetch any URL that they are given.
_PAGES = ("/", "/config", "/theme.css", "/manifest.json", "/favicon.ico")
_API = [f"/gradio_api/{name}" for name in ("heartbeat/", "queue/", "startup-events", "upload")]
_FOLDERS = ("/assets/", "/static/", *_API)
_FILES = "/gradio_api/file="

# Tells the browser, too, to send nothing to other hosts.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' blob: data:; font-src 'self' data:; object-src 'none'; form-action 'self'; frame-ancestors 'none'"
)


def guards() -> list[Any]:
    """Return what stands between the network and the page, the outermost first."""
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    return [
        # Another website can give this computer a name in its own domain, and so send requests under that name.
        Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False),
        Middleware(BaseHTTPMiddleware, dispatch=guard),
    ]


async def guard(request: Any, call_next: Any) -> Any:
    """Answer the page itself; refuse other websites, other methods, other addresses and other files."""
    from starlette.responses import PlainTextResponse

    path = request.scope["path"]
    allowed = is_of_no_other_website(request.headers) and request.method in _METHODS
    allowed &= path in _PAGES or path.startswith(_FOLDERS) or is_ours(path.removeprefix(_FILES))
    if allowed and request.method == "POST" and not path.endswith("/upload"):
        allowed = int(request.headers.get("content-length", _LONGEST_MESSAGE + 1)) <= _LONGEST_MESSAGE
        allowed = allowed and _names_only_ours(await request.body())
    response = await call_next(request) if allowed else PlainTextResponse("refused", 403)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def is_of_no_other_website(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from our own page, or from a program, which says nothing of a page."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def _names_only_ours(message: bytes) -> bool:
    """Tell whether all files that a message names, in any part of it, belong to the page. URLs do not."""

    def check(part: dict[str, Any]) -> None:
        if "path" in part and not is_ours(part["path"]):
            raise ValueError

    try:
        json.loads(message or b"null", object_hook=check)
    except (ValueError, RecursionError):
        return False
    return True
