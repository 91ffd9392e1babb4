"""The service: another process, asked over HTTP by programs that mean well and by others."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from unetcolor import Hint, samples
from unetcolor.app import build_service
from unetcolor.app.bounds import MOST_AT_ONCE, Bounded
from unetcolor.app.limits import Limits
from unetcolor.errors import MissingExtraError, ModelLoadError
from unetcolor.hints import draw_layer
from unetcolor.images import read, write_image
from unetcolor.models.presets import onnx_form, path_of_preset
from unetcolor.photos.files import colorize_files
from unetcolor.photos.jobs import Job
from unetcolor.prediction.predictor import Predictor
from unetcolor.prediction.reference import Reference

# All in one process: they share a server.
pytestmark = pytest.mark.slow

SERVE = """
import sys
from unetcolor.app import build_service, serve_programs
serve_programs(build_service(model=sys.argv[1], engine="onnx", max_megapixels=1, max_file_mb=4, patience=3), port=0)
print([name for name in ("gradio",) if name in sys.modules])
"""

PATIENCE = 3

# In seconds: a busy machine takes its time for the first photo of a model.
BUSY = 300

GRAY = samples.load_photo("chelsea").mean(axis=-1).astype(np.uint8)[:120, :160]


class Server:
    def __init__(self, folder: Path, *command: str) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        (folder / "data" / "presets").mkdir(parents=True)
        (folder / "data" / "presets" / "broken.keras").write_text("no model")
        model = shutil.copy(onnx_form(path_of_preset("photo")) or "", folder / "mine.onnx")
        self.log = folder / "log.txt"
        environment = {
            "TMPDIR": str(self.temporary),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "UNETCOLOR_HOME": str(folder / "data"),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, *(command or ("-c", SERVE, str(model)))],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | environment,
            )
        self.greeting = self.process.stdout.readline() if self.process.stdout else ""
        words = [word for word in self.greeting.split() if word.startswith("http://")]
        assert words, f"the server did not start: {self.log.read_text()}"
        self.host, self.port = urlsplit(words[0]).hostname, urlsplit(words[0]).port

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host or "", self.port, timeout=BUSY)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        answer = response.status, dict(response.getheaders()), response.read()
        connection.close()
        return answer

    def colorize(self, photo: bytes, **parameters: object) -> bytes:
        status, _, answer = self.ask("POST", f"/colorize?{urlencode(parameters)}", photo, Content_Type="image/jpeg")
        assert status == 200, answer
        return answer

    def end(self, how: int = signal.SIGINT) -> str:
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=60)
        return output


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("service"))
    yield server
    # The page was not loaded.
    assert server.end() == "[]\n"
    assert server.process.returncode == 0
    assert list(server.temporary.iterdir()) == []


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load("photo", engine="onnx")


@pytest.fixture(scope="module")
def photo() -> bytes:
    return encoded(GRAY, "JPEG")


def encoded(pixels: np.ndarray, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, **options)
    return file.getvalue()


def form(**parts: str | bytes) -> tuple[bytes, str]:
    """Return a form, and its content type; bytes are files."""
    body = b""
    for name, part in parts.items():
        is_file = isinstance(part, bytes)
        head = f'form-data; name="{name}"' + ('; filename="x"' if is_file else "")
        content = part if isinstance(part, bytes) else part.encode()
        body += b"--end\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % (head.encode(), content)
    return body + b"--end--\r\n", "multipart/form-data; boundary=end"


def by_the_command(source: Path, output: Path, predictor: Predictor) -> bytes:
    (result,) = colorize_files([Job(source, output)], predictor)
    assert result.status == "colorized", result.reason
    return output.read_bytes()


def test_every_kind_of_picture_comes_back_as_the_command_writes_it(
    server: Server, predictor: Predictor, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Artist] = 6, "A. Photographer"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgba = np.dstack([GRAY, GRAY, GRAY, np.where(np.arange(160) < 40, 0, 255) + 0 * GRAY]).astype(np.uint8)
    Image.fromarray(rgba[..., :3]).save(tmp_path / "turned.jpg", exif=exif, icc_profile=profile, dpi=(300, 300))
    Image.fromarray(GRAY).convert("CMYK").save(tmp_path / "inks.jpg")
    Image.fromarray(rgba).save(tmp_path / "clear.webp")
    for suffix in (".png", ".tif"):
        write_image(tmp_path / f"deep{suffix}", rgba.astype(np.uint16) * 257 + 5)
    write_image(tmp_path / "plain.bmp", GRAY)
    Image.fromarray(GRAY).save(tmp_path / "film.gif")
    names = {".jpg": "jpeg", ".webp": "webp", ".png": "png", ".tif": "tiff", ".bmp": "bmp"}
    kinds = {suffix: f"image/{name}" for suffix, name in names.items()}
    for path in sorted(tmp_path.iterdir()):
        suffix = path.suffix if path.suffix in kinds else ".png"
        expected = by_the_command(path, tmp_path / "out" / f"{path.stem}{suffix}", predictor)
        status, headers, answer = server.ask("POST", "/colorize", path.read_bytes())
        assert (status, headers["content-type"]) == (200, kinds[suffix]), path.name
        assert int(headers["content-length"]) == len(answer)
        assert answer == expected, path.name
        body, kind = form(file=path.read_bytes())
        assert server.ask("POST", "/colorize", body, Content_Type=kind)[2] == expected


def test_parameters_count_wherever_they_stand(server: Server, predictor: Predictor, photo: bytes) -> None:
    given: dict[str, Any] = {"saturation": 1.5, "size": 96}
    gray = read(io.BytesIO(photo)).pixels
    expected = predictor.predict(gray, **given)
    assert np.array_equal(read(io.BytesIO(server.colorize(photo, format="png", **given))).pixels, expected)
    body, kind = form(file=photo, saturation="1.5", size="96")
    status, headers, answer = server.ask("POST", "/colorize?format=png", body, Content_Type=kind)
    assert (status, headers["content-type"]) == (200, "image/png")
    assert np.array_equal(read(io.BytesIO(answer)).pixels, expected)
    for name, model in (("model", "photo"), ("preset", "photo"), ("model", "portrait"), ("model", "mine.onnx")):
        answer = server.colorize(photo, format="png", **given, **{name: model})
        assert np.array_equal(read(io.BytesIO(answer)).pixels, expected)


def test_hints_and_a_reference_count(server: Server, predictor: Predictor, photo: bytes) -> None:
    gray = read(io.BytesIO(photo)).pixels
    layer = draw_layer([Hint(60, 80, "crimson", 8)], gray.shape[:2])
    color = samples.load_photo("coffee")
    for given, parts in (
        ({"hints": layer}, {"hints": encoded(layer, "PNG")}),
        ({"reference": Reference(color)}, {"reference": encoded(color, "PNG")}),
    ):
        body, kind = form(file=photo, **parts)
        status, _, answer = server.ask("POST", "/colorize?format=png", body, Content_Type=kind)
        assert status == 200, answer
        result = read(io.BytesIO(answer)).pixels
        assert np.array_equal(result, predictor.predict(gray, **given))
        assert not np.array_equal(result, predictor.predict(gray))


def test_losses_are_told(server: Server) -> None:
    text = PngInfo()
    text.add_text("ev\nil\r\nX-Evil", "yes")
    clear = encoded(np.full((30, 40, 4), 90, np.uint8), "PNG", pnginfo=text)
    status, headers, _ = server.ask("POST", "/colorize?format=jpg", clear)
    assert status == 200
    assert "it is transparent, which JPEG is not" in headers["x-notes"]
    assert "ev il" in headers["x-notes"]
    assert "x-evil" not in {name.lower() for name in headers}


def bomb(width: int, height: int) -> bytes:
    """Return a PNG file that declares a size and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in parts:
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return content


PHOTO = encoded(GRAY, "JPEG")
WRONG: list[tuple[str, bytes | tuple[bytes, str], int, str]] = [
    ("", b"", 400, "cannot read the photo: the file is empty"),
    ("", b"This is no photo.", 400, "cannot read the photo: it is none of these kinds of picture"),
    ("", PHOTO[: len(PHOTO) // 2], 400, "truncated"),
    (
        "",
        bomb(40_000, 40_000),
        413,
        "1,600,000,000 pixels, and at most 1,000,000 are taken; start unetcolor serve --max-",
    ),
    ("", encoded(np.zeros((1001, 1000), np.uint8), "PNG"), 413, "--max-megapixels 2 to allow"),
    ("?saturation=much", PHOTO, 422, "saturation must be a number, not 'much'"),
    ("?saturation=-1", PHOTO, 422, "saturation must be finite and at least 0"),
    ("?saturation=nan", PHOTO, 422, "saturation must be finite"),
    ("?saturation=101", PHOTO, 422, "saturation must be at most 100"),
    ("?saturation=1&saturation=2", PHOTO, 422, "saturation was given twice"),
    ("?size=7", PHOTO, 422, "size must be at least 8"),
    ("?size=100000", PHOTO, 422, "size must be at most 1,024"),
    ("?size=9.5", PHOTO, 422, "size must be a whole number"),
    ("?format=gif", PHOTO, 422, "unknown format 'gif'"),
    ("?model=Photos", PHOTO, 422, "unknown model 'Photos'. Did you mean 'photo'?"),
    ("?model=/etc/passwd", PHOTO, 422, "unknown model '/etc/passwd'. Available"),
    ("?model=photo&preset=photo", PHOTO, 422, "not both"),
    ("?saturatoin=1", PHOTO, 422, "unknown parameter 'saturatoin'. Did you mean 'saturation'?"),
    ("", form(photo=PHOTO), 422, "unknown parameter 'photo'"),
    ("", form(hints=PHOTO), 422, "no file named 'file'"),
    ("", form(file="photo.jpg"), 422, "file must be a file that has a name"),
    ("", form(file=PHOTO, hints=PHOTO), 422, "a layer of hints is transparent where there is no hint"),
    ("", form(file=PHOTO, hints=encoded(np.full((9, 90, 4), 255, np.uint8), "PNG")), 422, "the photo's aspect"),
    ("", form(file=PHOTO, hints=b"x"), 400, "cannot read the hints: it is none of"),
    ("", form(file=PHOTO, hints=bomb(9999, 9999)), 413, "cannot read the hints: it has 9999 x 9999"),
    ("", form(file=PHOTO, reference=PHOTO), 422, "the reference must be a photo in color"),
    ("?size=9", form(file=PHOTO, size="9"), 422, "size was given twice"),
    ("", form(file=PHOTO, saturation="1" * 2**20 + "1"), 400, "exceeded maximum size"),
    ("", form(file=PHOTO, **{f"part{i}": "" for i in range(9)}), 400, "Too many fields"),
    ("", form(file=PHOTO, **{f"part{i}": b"" for i in range(9)}), 400, "Too many files"),
    ("", (b"--nothing", "multipart/form-data"), 400, "boundary"),
    ("", (b"{}", "application/json"), 415, "send the bytes of a picture, or a form"),
    ("", (PHOTO, "text/html"), 415, "not 'text/html'"),
    ("?model=broken", PHOTO, 500, "something went wrong in the server, whose log says what"),
]


@pytest.mark.parametrize(("query", "body", "status", "sentence"), WRONG, ids=[f"{n}" for n in range(len(WRONG))])
def test_what_is_wrong_is_told_in_a_sentence(
    server: Server, query: str, body: bytes | tuple[bytes, str], status: int, sentence: str
) -> None:
    content, kind = body if isinstance(body, tuple) else (body, "image/jpeg")
    answered, headers, answer = server.ask("POST", f"/colorize{query}", content, Content_Type=kind)
    assert (answered, headers["content-type"]) == (status, "application/json"), answer
    error = json.loads(answer)["error"]
    assert sentence in error
    assert "\n" not in error
    assert str(server.temporary.parent) not in error
    assert server.ask("GET", "/health")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *((method, "/colorize", 405) for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")),
        *(("POST", "/health", 405), ("GET", "/", 404), ("POST", "/colorize/", 404), ("GET", "/docs", 404)),
    ],
)
def test_there_is_nothing_else(server: Server, method: str, path: str, status: int) -> None:
    answered, headers, answer = server.ask(method, path)
    assert answered == status
    assert headers["content-type"] == "application/json"
    if method != "HEAD":
        assert "POST a picture to /colorize" in json.loads(answer)["error"]
    if status == 405:
        assert headers["allow"]


def test_health_says_what_there_is(server: Server) -> None:
    status, _, answer = server.ask("GET", "/health")
    assert status == 200
    assert json.loads(answer) | {"unetcolor": ""} == {
        "status": "ok",
        "unetcolor": "",
        "model": "mine.onnx",
        "models": ["mine.onnx", "photo", "broken"],
    }


@pytest.mark.parametrize("path", ["/health", "/colorize"])
@pytest.mark.parametrize(
    "name",
    ["photos.example:80", "127.0.0.1.photos.example", "localhost.", "[::1]", "0.0.0.0", "", "[", "localhost, x"],
)
def test_names_that_another_website_may_have_given_are_refused(server: Server, path: str, name: str) -> None:
    status, _, answer = server.ask("GET", path, Host=name)
    assert status == 400
    assert "is called 127.0.0.1 and localhost here" in json.loads(answer)["error"]


@pytest.mark.parametrize("origin", ["http://photos.example", "null", "http://[", "https://localhost:1"])
def test_other_websites_are_refused(server: Server, photo: bytes, origin: str) -> None:
    status, _, answer = server.ask("POST", "/colorize", photo, Origin=origin)
    assert (status, json.loads(answer)) == (403, {"error": "the pages of other websites may not ask this server"})


def test_a_page_of_the_same_address_may_ask(server: Server, photo: bytes) -> None:
    assert server.ask("POST", "/colorize", photo, Origin=f"http://127.0.0.1:{server.port}")[0] == 200


def test_a_large_file_is_refused_before_it_is_sent(server: Server) -> None:
    connection = server.connect()
    connection.putrequest("POST", "/colorize")
    connection.putheader("Content-Length", str(10**15))
    connection.endheaders()
    # Nothing is sent, and the answer is there.
    response = connection.getresponse()
    assert response.status == 413
    assert json.loads(response.read()) == {"error": "at most 4 MB are taken; unetcolor serve --max-file-mb allows more"}
    connection.close()


@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=end"])
def test_a_file_of_unknown_length_is_refused_when_so_much_has_come(server: Server, kind: str) -> None:
    def endless() -> Iterator[bytes]:
        yield form(file=b"")[0].removesuffix(b"\r\n--end--\r\n") if "form" in kind else b""
        for _ in range(64):
            yield bytes(2**17)

    connection = server.connect()
    connection.request("POST", "/colorize", endless(), {"Content-Type": kind}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_the_program_hears_of_it_though_it_sends_all_first(server: Server) -> None:
    status, _, answer = server.ask("POST", "/colorize", bytes(4 * 2**20 + 1))
    assert (status, "at most 4 MB" in json.loads(answer)["error"]) == (413, True)
    # One byte less is read, and is no photo.
    assert server.ask("POST", "/colorize", bytes(4 * 2**20))[0] == 400


def slow(server: Server, stack: ExitStack) -> socket.socket:
    """Begin to send a photo, and stop."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port or 0), timeout=60))
    connection.sendall(b"POST /colorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nxyz")
    return connection


def test_who_sends_slowly_is_told_and_others_do_not_wait(server: Server, photo: bytes) -> None:
    with ExitStack() as stack:
        connection = slow(server, stack)
        start = time.monotonic()
        server.colorize(photo)
        # A byte now and then does not help.
        while time.monotonic() - start < PATIENCE - 1:
            connection.sendall(b"x")
            time.sleep(0.3)
        answer = connection.recv(1000)
        assert PATIENCE - 1 < time.monotonic() - start < PATIENCE + 10
        assert b" 408 " in answer
        assert b"the photo did not arrive within 3 seconds" in answer + connection.recv(1000)
        # And the connection is closed.
        assert connection.recv(1000) == b""


def test_when_too_many_wait_the_next_is_told(server: Server, photo: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_AT_ONCE):
            slow(server, stack)
        time.sleep(0.5)
        status, headers, answer = server.ask("POST", "/colorize", photo)
        assert (status, headers["retry-after"]) == (503, "5")
        assert json.loads(answer) == {"error": "16 photos are waiting: try again later"}
        # It is well, all the same.
        assert server.ask("GET", "/health")[0] == 200
    # Those who go make room at once.
    deadline = time.monotonic() + PATIENCE - 1
    while server.ask("POST", "/colorize", photo)[0] == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_many_at_once_get_each_their_own(server: Server, predictor: Predictor) -> None:
    photos = [GRAY[i : i + 64, i : i + 80] for i in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda gray: server.colorize(encoded(gray, "PNG"), format="png"), photos))
    for gray, answer in zip(photos, answers, strict=True):
        assert np.array_equal(read(io.BytesIO(answer)).pixels, predictor.predict(gray))


def test_who_goes_away_leaves_nothing(server: Server, photo: bytes) -> None:
    large = encoded(np.random.default_rng(0).integers(0, 256, (900, 1000), np.uint8), "PNG")
    head = b"POST /colorize?size=512 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(large)
    for _ in range(2 * MOST_AT_ONCE):
        with socket.create_connection(("127.0.0.1", server.port or 0), timeout=60) as connection:
            connection.sendall(head + large)
    while server.ask("POST", "/colorize", photo)[0] == 503:
        time.sleep(0.1)
    assert list(server.temporary.iterdir()) == []


def test_photos_that_nobody_waits_for_are_not_colorized(photo: bytes) -> None:
    """Against the application itself, without a server between, so that it is known who left when."""
    service = build_service(engine="onnx")

    async def ask(number: int) -> int:
        parts = [{"type": "http.request", "body": photo, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            if parts:
                return parts.pop()
            # The first waits, and the others leave while it is served.
            if number == 0:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "POST", "path": "/colorize", "query_string": b"", "headers": headers}
        await service(scope, receive, send)
        return int(sent[0]["status"])

    async def ask_all() -> list[int]:
        return await asyncio.gather(*map(ask, range(5)))

    assert asyncio.run(ask_all()) == [200, 400, 400, 400, 400]


def test_who_does_not_fetch_the_answer_loses_it() -> None:
    """Against the middleware itself: a system's own buffers take megabytes before a server waits."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        # As long as a photo takes: only the answer is timed.
        await asyncio.sleep(0.5)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"x", "more_body": False}

    sent = []

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.Event().wait()

    async def ask() -> None:
        scope = {"type": "http", "method": "POST", "headers": []}
        bounded = Bounded(application, Limits(), 0.1)
        for _ in range(MOST_AT_ONCE + 1):
            await asyncio.wait_for(bounded(scope, receive, send), 10)

    asyncio.run(ask())
    assert [message["status"] for message in sent] == [200] * (MOST_AT_ONCE + 1)


def test_nothing_lies_on_the_disk_even_if_it_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    large = encoded(np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8), "PNG")
    head = b"POST /colorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (len(large) + 9)
    with socket.create_connection(("127.0.0.1", server.port or 0), timeout=60) as connection:
        connection.sendall(head + large)
        time.sleep(0.5)
        server.end(signal.SIGKILL)
    assert list(server.temporary.iterdir()) == []


def test_others_are_let_in_and_it_finishes_the_photo_in_work(tmp_path: Path, photo: bytes) -> None:
    options = ("--host", "127.0.0.2", "--allow-host", "Colors.Example:80", "--model", "portrait", "--engine", "onnx")
    server = Server(tmp_path, "-m", "unetcolor", "serve", "--port", "0", *options)
    assert server.greeting == f"unetcolor answers at http://127.0.0.2:{server.port}/colorize (Ctrl-C stops it)\n"
    for name in ("colors.example", f"colors.example:{server.port}", "localhost", "127.0.0.2"):
        assert server.ask("POST", "/colorize", photo, Host=name)[0] == 200
    assert server.ask("POST", "/colorize", photo, Host="other.example")[0] == 400
    assert json.loads(server.ask("GET", "/health")[2])["model"] == "photo"
    assert not any("tensorflow" in part.path for part in psutil.Process(server.process.pid).memory_maps())
    large = encoded(np.random.default_rng(0).integers(0, 256, (900, 1000), np.uint8), "PNG")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.colorize, large, size=768)
        time.sleep(0.5)
        assert server.end(signal.SIGTERM) == ""
        assert read(io.BytesIO(answer.result())).pixels.shape == (900, 1000, 3)
    assert server.process.returncode == 0
    assert server.log.read_text() == ""
    assert list(server.temporary.iterdir()) == []


def test_a_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.keras").write_text("no model")
    with pytest.raises(ModelLoadError, match=r"broken\.keras"):
        build_service(model=tmp_path / "broken.keras")


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "python_multipart"])
def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf'{missing}: pip install "unetcolor\[app\]"'):
        build_service()
