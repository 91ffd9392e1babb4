"""Picture files made to harm: each is an error that says why, soon and with little memory."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from unetcolor import ImageReadError
from unetcolor.images import read

SMALL = Image.new("L", (16, 16), 90)


def saved(name: str, picture: Image.Image = SMALL, **options: object) -> bytearray:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return bytearray(buffer.getvalue())


def huge_jpeg() -> bytes:
    content = saved("JPEG")
    place = content.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", content, place, 14_000, 14_000)
    return bytes(content)


def huge_webp() -> bytes:
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
    content = saved("WEBP", frames[0], save_all=True, append_images=frames[1:], duration=100)
    content[24:30] = 2 * (12_999).to_bytes(3, "little")
    return bytes(content)


def huge_gif() -> bytes:
    content = saved("GIF")
    struct.pack_into("<HH", content, 6, 13_000, 13_000)
    return bytes(content)


FILES = {
    "animated.webp": (huge_webp(), "bytes cannot hold a photo of that size"),
    "no_data.jpg": (huge_jpeg(), "bytes cannot hold a photo of that size"),
    "screen.gif": (huge_gif(), "bytes cannot hold a photo of that size"),
    "comment.ppm": (b"P6\n#" + 50_000_000 * b"x", "its header has no end in 65,536 bytes"),
    "comments.ppm": (b"P6\n" + 5_000_000 * b"#\n", "its header has no end in 65,536 bytes"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_attack_is_an_error_with_little_memory(tmp_path: Path, name: str) -> None:
    content, message = FILES[name]
    (tmp_path / name).write_bytes(content)
    # In a process of its own, of which the most memory can be asked. The time is that of a far slower machine.
    code = (
        "import json, resource, sys; from unetcolor.images import read; most = lambda:"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = most()\ntry:\n    read(sys.argv[1])\nexcept Exception as e:\n"
        "    print(json.dumps([type(e).__name__, str(e), most() - before]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True, timeout=60
    )
    kind, text, mebibytes = json.loads(done.stdout)
    assert kind == "ImageReadError"
    assert message in text
    assert mebibytes < 200


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes of that kind on this system")
def test_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.png").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "endless.png"):
        with pytest.raises(ImageReadError, match="it is a pipe, a device or a socket, not a file"):
            read(tmp_path / name)


def test_a_large_picture_of_one_color_is_no_attack(tmp_path: Path) -> None:
    white = Image.new("L", (8_000, 8_000), 255)
    for name in ("x.png", "x.jpg", "x.tif", "x.gif"):
        options = {"compression": "tiff_lzw"} if name == "x.tif" else {}
        white.save(tmp_path / name, **options)
        assert read(tmp_path / name).pixels.shape[:2] == (8_000, 8_000)
