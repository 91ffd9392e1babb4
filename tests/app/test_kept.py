"""The page keeps few files, and none of a page that was closed or of a server that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gradio
import pytest

from unetcolor.app import kept
from unetcolor.app.kept import Sessions, copy_in, folder, is_ours, private_folder

HOUR = 3600


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with private_folder() as path:
        yield path


def files(private: Path) -> set[str]:
    return {path.name for path in private.rglob("*") if path.is_file()}


def drop(private: Path, name: str, size: int = 1, age: float = 0) -> str:
    """Put a file where Gradio puts what a browser sends."""
    path = private / f"hash of {name}" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - age,) * 2)
    return str(path)


def test_a_new_result_takes_the_place_of_the_last_but_one(private: Path) -> None:
    sessions = Sessions()
    for session in ("one", "other"):
        sessions.use(session)
    for number in range(20):
        sessions.new_path("one", "result", f"{number}.png").touch()
        sessions.new_path("one", "layer", f"{number}.hints.png").touch()
    sessions.new_path("other", "result", "other.png").touch()
    assert files(private) == {"18.png", "19.png", "18.hints.png", "19.hints.png", "other.png"}
    assert len(list(private.iterdir())) == 5


def test_the_pictures_of_the_page_itself_stay(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 3)
    sessions = Sessions()
    example = drop(private, "example.jpg", age=HOUR)
    sessions.keep_what_is_there()
    sessions.use("other", example)
    sessions.end("other")
    for number in range(5):
        sessions.use("one", drop(private, f"{number}.jpg", age=10 - number))
    assert files(private) == {"example.jpg", "2.jpg", "3.jpg", "4.jpg"}


def test_a_session_that_ends_leaves_nothing_and_the_others_keep_theirs(private: Path) -> None:
    sessions = Sessions()
    shared, own = drop(private, "shared.jpg"), drop(private, "own.jpg")
    sessions.use("one", own, shared, None)
    sessions.use("other", shared)
    for session in ("one", "other"):
        sessions.new_path(session, "result", f"{session}.png").touch()
    sessions.end("one")
    assert files(private) == {"shared.jpg", "other.png"}
    sessions.end("other")
    sessions.end("never begun")
    assert list(private.iterdir()) == []


def test_what_is_made_for_a_page_that_was_closed_meanwhile_is_not_kept(private: Path) -> None:
    sessions = Sessions()
    sessions.use("one")
    sessions.end("one")
    with pytest.raises(gradio.Error, match="this page was closed"):
        sessions.new_path("one", "result", "a.png")
    # It came back.
    sessions.use("one")
    sessions.new_path("one", "result", "a.png").touch()
    assert files(private) == {"a.png"}


def test_what_was_not_used_for_longest_goes_first(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 3)
    sessions = Sessions()
    paths = [drop(private, f"{number}.jpg", age=100 - number) for number in range(6)]
    sessions.use("one", paths[0])
    assert files(private) == {"0.jpg", "4.jpg", "5.jpg"}


def test_large_files_are_too_much_earlier(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_BYTES", 1000)
    sessions = Sessions()
    drop(private, "old.jpg", 600, age=60)
    sessions.use("one", drop(private, "new.jpg", 300))
    assert files(private) == {"old.jpg", "new.jpg"}
    sessions.use("one", drop(private, "newer.jpg", 300))
    assert files(private) == {"new.jpg", "newer.jpg"}


def test_many_photos_stay_below_the_limits(private: Path) -> None:
    sessions = Sessions()
    for number in range(300):
        sessions.use("one", drop(private, f"{number}.jpg", age=300 - number))
        # As Gradio does.
        (private / f"tmp{number}").touch()
        os.utime(private / f"tmp{number}", (time.time() - 300 + number,) * 2)
        sessions.new_path("one", "result", f"{number}_color.png").touch()
    # Those that Gradio made within the last seconds stay.
    assert len([name for name in files(private) if name.startswith("tmp")]) <= 12
    assert len([name for name in files(private) if not name.startswith("tmp")]) <= 202


def test_a_photo_on_its_way_is_not_deleted(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 2)
    # So far, Gradio writes what comes into a file of a name like that.
    (private / "tmp1").touch()
    (private / "tmp2").write_bytes(b"half a photo")
    for number in range(9):
        drop(private, f"{number}.jpg", age=100 - number)
    Sessions().use("one")
    assert files(private) == {"tmp1", "tmp2", "8.jpg"}


def test_the_private_folder_itself_stays(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_FILES", 0)
    (private / "tmp1").write_bytes(b"half a photo")
    sessions = Sessions()
    sessions.use("one", str(private / "tmp1"))
    sessions.end("one")
    assert list(private.iterdir()) == []


def test_a_folder_that_other_programs_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(kept, "_MOST_FILES", 0)
    theirs = [drop(tmp_path, "theirs.jpg"), str(tmp_path / "tmp1")]
    (tmp_path / "tmp1").touch()
    Sessions().use("one", drop(tmp_path, "ours.jpg"))
    assert all(os.path.exists(path) for path in theirs)


def test_no_file_of_anybody_else_is_used_or_deleted(private: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.touch()
    sessions = Sessions()
    link = private / "link"
    link.symlink_to(outside)
    before = outside.stat().st_mtime_ns
    sessions.use("one", str(outside), str(link), "\0")
    sessions.end("one")
    assert outside.stat().st_mtime_ns == before


def test_the_folder_is_private_and_goes_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "before")
    with private_folder() as private:
        assert private.stat().st_mode & 0o077 == 0
        assert folder() == str(private)
        (tmp_path / "a.jpg").write_bytes(b"photo")
        assert is_ours(copy_in(tmp_path / "a.jpg"))
    assert os.environ["GRADIO_TEMP_DIR"] == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


KILL = """
import os, signal
from unetcolor.app.kept import private_folder
with private_folder() as folder:
    (folder / "photo.jpg").write_text("private")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_server_left_is_deleted_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    subprocess.run([sys.executable, "-c", KILL], env=os.environ | {"TMPDIR": str(tmp_path)}, check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "photo.jpg").exists()
    others = [tmp_path / name for name in ("unetcolor-other", "unetcolor-page-file", "unetcolor-page-link")]
    others[0].mkdir()
    others[1].touch()
    others[2].symlink_to(others[0])
    with private_folder():
        # Its server may be running.
        assert left.exists()
    for path in (left, *others):
        os.utime(path, (time.time() - 2 * HOUR,) * 2, follow_symlinks=False)
    with private_folder():
        assert not left.exists()
        assert all(os.path.lexists(path) for path in others)
