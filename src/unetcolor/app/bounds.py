"""What a request to the service may take: a place among the others, bytes, and seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from unetcolor.app.guard import is_of_no_other_website
from unetcolor.app.limits import Limits
from unetcolor.errors import shown

# Photos on their way in, in wait, in work, or on their way out. Each takes disk, and the one in work memory.
MOST_AT_ONCE = 16

# In seconds.
_TRY_AGAIN = 5


def problem(status: int, sentence: str, **headers: str) -> Any:
    """Return an answer that says what is wrong: JSON with an ``error``."""
    from starlette.responses import JSONResponse

    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": sentence}, status, names)


class Guarded:
    """Refuses requests under a name that is not the server's, and those of other websites.

    A website can give this computer a name in its own domain, and so make a browser send requests here.
    """

    def __init__(self, app: Any, hosts: Sequence[str]) -> None:
        # As the names of requests are read: in small letters, without a port.
        self._app, self._hosts = app, [_name(host) or host.lower() for host in hosts]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or refuse it."""
        from starlette.datastructures import Headers

        answer = self._app
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            name = _name(headers.get("host", ""))
            if name not in self._hosts:
                known = " and ".join(self._hosts)
                answer = problem(
                    400, f"the server is called {known} here, not {shown(name)}; --allow-host adds a name to these"
                )
            elif not is_of_no_other_website(headers):
                answer = problem(403, "the pages of other websites may not ask this server")
        await answer(scope, receive, send)


def _name(host: str) -> str:
    """Return the name, without the port, of a header that says where a request goes."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class Bounded:
    """Bounds what each request to an ASGI application takes.

    Parameters
    ----------
    app
        The application.
    limits
        A longer body is refused: as soon as it is declared, or as soon as so much has arrived.
    patience
        In seconds. A body that takes longer to arrive is refused, and who takes longer to fetch an answer gets no more
        of it.
    """

    def __init__(self, app: Any, limits: Limits, patience: float) -> None:
        self._app, self._limits, self._patience = app, limits, patience
        self._places = MOST_AT_ONCE

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request within the bounds, or say which it breaks."""
        if scope["type"] != "http" or scope["method"] != "POST":
            # It has no body that anybody reads.
            await self._app(scope, receive, send)
            return
        if self._places == 0:
            answer = problem(503, f"{MOST_AT_ONCE} photos are waiting: try again later", Retry_After=str(_TRY_AGAIN))
            await answer(scope, receive, send)
            return
        self._places -= 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self._places += 1

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.datastructures import Headers
        from starlette.exceptions import HTTPException

        too_long = (
            f"at most {self._limits.max_file_mb:g} MB are taken; {self._limits.command} --max-file-mb allows more"
        )
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared[:20]) > self._limits.max_bytes:
            await problem(413, too_long)(scope, receive, send)
            return
        left, has_begun, clock = self._limits.max_bytes, False, asyncio.get_running_loop()

        async def receive_bounded() -> Any:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, too_long)
            if not message.get("more_body", False):
                # To wait, and to colorize, takes the time that it takes.
                deadline.reschedule(None)
            return message

        async def send_bounded(message: Any) -> None:
            nonlocal has_begun
            if not has_begun:
                has_begun = True
                deadline.reschedule(clock.time() + self._patience)
            await send(message)

        try:
            async with asyncio.timeout(self._patience) as deadline:
                await self._app(scope, receive_bounded, send_bounded)
        except TimeoutError:
            if not has_begun:
                answer = problem(408, f"the photo did not arrive within {self._patience:g} seconds", Connection="close")
                await answer(scope, receive, send)
