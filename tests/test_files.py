"""Files appear whole or not at all, and what killed processes leave behind is deleted a day later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from unetcolor._files import append_line, replacing, replacing_folder
from unetcolor.images import write_image

DAY = 24 * 3600

WRITE = """
import sys, time
from unetcolor._files import replacing
with replacing(sys.argv[1]) as temporary:
    temporary.write_text("half a ")
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of a write."""
    process = subprocess.Popen([sys.executable, "-c", WRITE, tmp_path / "a.png"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.communicate()


def grow_old(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def write(folder: Path) -> None:
    write_image(folder / "b.png", np.zeros((2, 2), np.uint8))


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unetcolor._files._seen", set())


def test_what_a_killed_process_left_is_deleted_by_a_later_write(
    writer: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    (left,) = tmp_path.iterdir()
    write(tmp_path)
    # It may be of another computer that writes to the same drive.
    assert left.exists()
    grow_old(left, DAY + 60)
    monkeypatch.setattr("unetcolor._files._seen", set())
    write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]


def test_what_a_running_process_writes_stays_however_old(writer: subprocess.Popen[str], tmp_path: Path) -> None:
    (half,) = tmp_path.iterdir()
    grow_old(half, 30 * DAY)
    write(tmp_path)
    assert half.read_text() == "half a "


@pytest.mark.parametrize(
    "name",
    [
        ".unetcolor-1234567-0123456789abcdef.png.bak",
        ".unetcolor-1234567-0123456789ABCDEF.png",
        ".unetcolor-0123456789abcdef.png",
        "x.unetcolor-1234567-0123456789abcdef.png",
        ".unetcolor-settings.json",
        "a.png",
    ],
)
def test_no_other_file_is_ever_deleted(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    grow_old(tmp_path / name, 300 * DAY)
    write(tmp_path)
    assert (tmp_path / name).exists()


def test_a_folder_or_a_link_of_such_a_name_harms_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".unetcolor-9999999-0123456789abcdef.png"
    folder.mkdir()
    (folder / "mine.txt").touch()
    grow_old(folder, 2 * DAY)
    target = tmp_path / "target.txt"
    target.touch()
    (tmp_path / ".unetcolor-9999999-fedcba9876543210.png").symlink_to(target)
    write(tmp_path)
    assert (folder / "mine.txt").exists()
    assert target.exists()


def test_a_folder_that_a_killed_process_wrote_is_deleted_and_what_it_was_to_replace_is_not(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    script = WRITE.replace("replacing", "replacing_folder").replace("temporary.write", "(temporary / 'a').write")
    process = subprocess.Popen([sys.executable, "-c", script, target], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    process.kill()
    process.communicate()
    (left,) = set(tmp_path.iterdir()) - {target}
    # Killed a moment later, when the old folder had made room: it is the only copy.
    only_copy = left.with_name(left.stem)
    target.rename(only_copy)
    for path in (left, only_copy):
        grow_old(path, DAY + 60)
    with replacing_folder(tmp_path / "other"):
        pass
    assert not left.exists()
    assert only_copy.exists()


def test_the_clock_of_the_drive_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".unetcolor-9999999-0123456789abcdef.png"
    left.touch()
    monkeypatch.setattr("time.time", lambda: 1e12)
    write(tmp_path)
    assert left.exists()


def test_a_folder_is_looked_through_once(tmp_path: Path) -> None:
    write(tmp_path)
    left = tmp_path / ".unetcolor-9999999-0123456789abcdef.png"
    left.touch()
    grow_old(left, 2 * DAY)
    write(tmp_path)
    assert left.exists()


def test_two_at_once_write_into_one_folder(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.png") as first, replacing(tmp_path / "a.png") as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_text() == "first"


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("before")
    with pytest.raises(UnicodeEncodeError), replacing(tmp_path / "a.png") as temporary:
        temporary.write_text("half a \ud800")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_text() == "before"


def test_a_link_and_permissions_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("before")
    (tmp_path / "a.png").chmod(0o600)
    (tmp_path / "link.png").symlink_to("a.png")
    with replacing(tmp_path / "link.png") as temporary:
        temporary.write_text("after")
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "a.png").read_text() == "after"
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o600


def write_half(folder: Path, error: type[BaseException]) -> None:
    with replacing_folder(folder) as temporary:
        (temporary / "a").write_text("half")
        raise error


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    with replacing_folder(target) as temporary:
        (temporary / "a").write_text("first")
        assert not target.exists()
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error):
            write_half(target, error)
        assert (target / "a").read_text() == "first"
    with replacing_folder(target) as temporary:
        (temporary / "b").write_text("second")
    assert [path.name for path in target.iterdir()] == ["b"]
    # Nothing else is left, neither of those that failed nor of what was replaced.
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FileNotFoundError, match="does not exist"), replacing_folder(tmp_path / "nowhere" / "folder"):
        pass


def test_a_folder_stays_if_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "a").write_text("first")
    with pytest.raises(OSError, match="No such file"), replacing_folder(target) as temporary:
        temporary.rmdir()
    assert (target / "a").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


APPEND = """
import sys
from pathlib import Path
from unetcolor._files import append_line
for number in range(300):
    append_line(Path(sys.argv[1]), f"{sys.argv[2] * 2000} {number}".encode())
"""


def test_lines_of_several_processes_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    running = [subprocess.Popen([sys.executable, "-c", APPEND, path, letter]) for letter in "abc"]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    wanted = {f"{letter * 2000} {number}" for letter in "abc" for number in range(300)}
    lines = path.read_text().splitlines()
    assert len(lines) == 900
    assert set(lines) == wanted


def test_a_line_that_was_cut_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"whole\nha")
    for line in (b"new", b"newer"):
        append_line(path, line)
    assert path.read_bytes() == b"whole\nha\nnew\nnewer\n"
