"""What became of photos is written down, whatever becomes of the process."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unetcolor.photos.files import Result
from unetcolor.photos.jobs import Job
from unetcolor.photos.manifest import Manifest, record_of


def result(name: str, status: Any = "colorized", reason: str = "", page: int | None = None) -> Result:
    size = (3, 4) if status == "colorized" else None
    return Result(Job(Path("in", name), Path("out", name), page=page), status, reason, size, seconds=0.25)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(path: Path, *results: Result) -> list[tuple[str, str]]:
    with Manifest(path) as manifest:
        for each in results:
            manifest.add(each)
    return [(Path(record["source"]).name, record["status"]) for record in written(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "3.jsonl"


def test_a_line_says_what_became_of_a_photo(path: Path) -> None:
    run(path, result("a.png", reason="its 16 bits became 8"), result("\udcff\n.png", "failed", "it is empty"))
    assert written(path) == [
        {
            "source": str(Path("in", "a.png")),
            "page": None,
            "output": str(Path("out", "a.png")),
            "status": "colorized",
            "reason": "its 16 bits became 8",
            "size": [3, 4],
            "hints": 0,
            "seconds": 0.25,
            "changed": [],
        },
        record_of(result("\udcff\n.png", "failed", "it is empty")),
    ]


def test_a_line_is_there_as_soon_as_it_is_added(path: Path) -> None:
    with Manifest(path) as manifest:
        manifest.add(result("a.png"))
        assert len(written(path)) == 1


def test_run_again_it_adds_only_what_changed(path: Path) -> None:
    first = [result("a.png", reason="lossy"), result("b.png", "failed", "broken"), result("c.png", page=0)]
    assert run(path, *first) == [("a.png", "colorized"), ("b.png", "failed"), ("c.png", "colorized")]
    before = path.read_bytes()
    again = [
        result("a.png", "skipped", "there"),
        result("b.png", "failed", "broken"),
        result("c.png", "skipped", page=0),
    ]
    for _ in range(2):
        run(path, *again)
        assert path.read_bytes() == before
    # Another page, a photo that was repaired, and a result without a line.
    more = [result("c.png", page=1), result("b.png"), result("d.png", "skipped", "there")]
    assert run(path, *again, *more)[3:] == [("c.png", "colorized"), ("b.png", "colorized"), ("d.png", "skipped")]


def test_what_is_made_again_is_told_again(path: Path) -> None:
    elsewhere = Result(Job(Path("in", "a.png"), Path("other", "a.png")), "colorized")
    skipped_there = dataclasses.replace(elsewhere, status="skipped")
    lines = [("a.png", "colorized")] * 2
    assert run(path, result("a.png"), result("a.png")) == lines
    # The last line of a photo names the result that is there.
    assert run(path, elsewhere, skipped_there) == [*lines, ("a.png", "colorized")]
    assert written(path)[-1]["output"] == str(Path("other", "a.png"))


def test_an_unfinished_line_is_cut_off(path: Path) -> None:
    run(path, result("a.png"), result("b.png"))
    whole = path.read_bytes()
    for end in (whole.index(b"\n") + 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert run(path, result("a.png", "skipped"), result("c.png")) == [
            ("a.png", "colorized"),
            ("c.png", "colorized"),
        ]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff", b"hello\n", b'{"source": "a"}\n', b"[1]\n", b"{}\n", b'"source"\n', b"\0\0\0\0", b"\n", b"1\n"],
)
def test_another_file_is_not_touched(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"line 1 of .* is not from a manifest of photos"):
        Manifest(path)
    assert path.read_bytes() == content


def test_its_folder_is_made_where_it_can_be(tmp_path: Path) -> None:
    assert run(tmp_path / "a" / "b" / "3.jsonl", result("a.png")) == [("a.png", "colorized")]
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "3.jsonl", tmp_path):
        with pytest.raises(OSError, match=tmp_path.name):
            Manifest(path)


def test_a_killed_process_leaves_whole_lines(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from unetcolor.photos.jobs import Job\n"
        "from unetcolor.photos.files import Result; from unetcolor.photos.manifest import Manifest\n"
        "manifest = Manifest(Path(sys.argv[1]))\n"
        "for number in range(10**9):\n"
        "    manifest.add(Result(Job(Path(f'{number}.png'), Path('out.png')), 'colorized'))\n"
        "    print(number, flush=True)"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    while running.stdout.readline() != "200\n":
        pass
    running.send_signal(signal.SIGKILL)
    told = [line for line in running.communicate()[0].splitlines() if line]
    records = written(path)
    assert [record["source"] for record in records] == [f"{number}.png" for number in range(len(records))]
    # What was told to have been added is there.
    assert len(records) > int(told[-1] if told else 200)
