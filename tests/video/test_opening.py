"""What is opened: files of this machine that are films, and nothing else."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from unetcolor import UNetColorizer
from unetcolor.cli.commands import app
from unetcolor.errors import VideoError
from unetcolor.video import colorize_video

Write = Callable[..., Path]


def steps(count: int = 5, height: int = 48, width: int = 64) -> Iterator[np.ndarray]:
    for number in range(count):
        yield np.full((height, width, 3), 40 * number + 20, np.uint8)


class Server:
    """Counts who connects to a port of this machine, by TCP or UDP, and answers nothing."""

    def __init__(self) -> None:
        self.calls = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            with self._listener.accept()[0] as caller:
                # The first byte tells that the test is over.
                if caller.recv(1) == b"!":
                    return
                self.calls += 1

    def close(self) -> int:
        """Return how many called, after all calls so far were counted."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"!")
            self._thread.join(5)
        self._listener.close()
        return self.calls


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    with suppress(OSError):
        server.close()


def test_the_server_notices_what_ffmpeg_by_itself_fetches(server: Server) -> None:
    with pytest.raises(av.FFmpegError):
        av.open(f"http://127.0.0.1:{server.port}/film.mp4", timeout=5)
    assert server.close() > 0


ADDRESSES = [
    "http://127.0.0.1:{port}/film.mp4",
    "tcp://127.0.0.1:{port}",
    "async:http://127.0.0.1:{port}/film.mp4",
    "concat:http://127.0.0.1:{port}/a.ts|http://127.0.0.1:{port}/b.ts",
    "concat:{folder}/film.mp4|{folder}/film.mp4",
    "subfile,,start,0,end,0,,:{folder}/film.mp4",
    "file:{folder}/film.mp4",
    "{folder}",
    "-",
    "",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_are_no_files(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, server: Server, address: str
) -> None:
    write_film(tmp_path / "film.mp4", steps())
    source = address.format(port=server.port, folder=tmp_path)
    with pytest.raises(VideoError, match=r"there is no such file, and addresses, folders and pipes are not read"):
        colorize_video(source, tmp_path / "out.mp4", trained.predictor())
    assert server.close() == 0
    assert not (tmp_path / "out.mp4").exists()


def test_a_pipe_is_not_waited_for(tmp_path: Path, trained: UNetColorizer) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(VideoError, match=r"pipe\.mp4: there is no such file"):
        colorize_video(tmp_path / "pipe.mp4", tmp_path / "out.mp4", trained.predictor())


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{film}\n#EXT-X-ENDLIST\n"
LISTS = {
    "far.m3u8": PLAYLIST.format(film="http://127.0.0.1:{port}/film.ts"),
    "near.m3u8": PLAYLIST.format(film="film.ts"),
    "film.mp4": PLAYLIST.format(film="http://127.0.0.1:{port}/film.ts"),
    "far.ffconcat": "ffconcat version 1.0\nfile http://127.0.0.1:{port}/film.ts\n",
    "near.ffconcat": "ffconcat version 1.0\nfile film.ts\n",
    "far.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} TCP/RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "far.asx": '<asx><entry><ref href="http://127.0.0.1:{port}/film.ts"/></entry></asx>',
    "far.ram": "http://127.0.0.1:{port}/film.ts\n",
}


@pytest.mark.parametrize("name", list(LISTS))
def test_lists_of_other_files_are_not_followed(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, server: Server, name: str
) -> None:
    write_film(tmp_path / "film.ts", steps())
    (tmp_path / name).write_text(LISTS[name].format(port=server.port))
    with pytest.raises(VideoError, match=name.replace(".", r"\.")) as caught:
        colorize_video(tmp_path / name, tmp_path / "out.mp4", trained.predictor())
    if name.endswith("m3u8"):
        assert "only names other files or addresses, such as" in str(caught.value)
    assert server.close() == 0
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("name", ["http:", "concat:film.mp4", "100%d.mp4", "a b#c?.mp4", "-o.mp4"])
def test_odd_names_of_files_are_names(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_film(tmp_path / "film.mp4", steps()).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert colorize_video(name, "out.mp4", trained.predictor(), size=48).frames == 5


@pytest.mark.parametrize("name", ["in.jpg", "in.png", "in.tif", "in.webp", "in.bmp", "in.gif", "in.ppm", "in.avif"])
def test_a_picture_is_named_for_what_it_is(tmp_path: Path, trained: UNetColorizer, name: str) -> None:
    Image.fromarray(next(steps())).save(tmp_path / name)
    with pytest.raises(VideoError, match=rf"{name}.*it is a picture: use `unetcolor colorize`"):
        colorize_video(tmp_path / name, tmp_path / "out.mp4", trained.predictor())
    assert not (tmp_path / "out.mp4").exists()


def test_a_picture_with_the_name_of_a_film_too_by_the_command(tmp_path: Path) -> None:
    Image.fromarray(next(steps())).save(tmp_path / "in.png")
    (tmp_path / "in.png").rename(tmp_path / "in.mp4")
    done = CliRunner().invoke(app, ["video", str(tmp_path / "in.mp4"), "-o", str(tmp_path / "out.mp4")])
    assert done.exit_code == 2
    assert "it is a picture" in done.output


def test_an_animation_is_a_film(tmp_path: Path, trained: UNetColorizer) -> None:
    first, *others = (Image.fromarray(picture) for picture in steps())
    first.save(tmp_path / "in.gif", save_all=True, append_images=others, duration=40)
    assert colorize_video(tmp_path / "in.gif", tmp_path / "out.mp4", trained.predictor(), size=48).frames == 5


def test_a_film_of_one_frame_says_so(tmp_path: Path, write_film: Write, trained: UNetColorizer) -> None:
    source = write_film(tmp_path / "in.mp4", steps(1))
    summary = colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48)
    assert summary.frames == 1
    assert summary.notes == ("it holds one frame only, as a picture does: `unetcolor colorize` colorizes pictures",)


@pytest.mark.parametrize(
    ("codec", "pixels", "note"),
    [
        ("libx264", "yuv420p10le", "only 8 of its 10 bits per channel are kept"),
        ("ffv1", "yuva420p", "its transparency is not kept"),
    ],
)
def test_what_eight_bits_of_color_do_not_hold_is_named(
    tmp_path: Path, write_film: Write, trained: UNetColorizer, codec: str, pixels: str, note: str
) -> None:
    source = write_film(tmp_path / "in.mkv", steps(), codec=codec, pixels=pixels)
    assert colorize_video(source, tmp_path / "out.mp4", trained.predictor(), size=48).notes == (note,)
