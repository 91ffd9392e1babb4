"""Which files of a folder are pictures."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from unetcolor.images.finding import find_pictures, place
from unetcolor.images.formats import READ_SUFFIXES


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, **options: object) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_pictures(folder, **options)]  # type: ignore[arg-type]


def test_files_of_a_folder_come_by_name_before_those_of_its_folders(tmp_path: Path) -> None:
    touch(tmp_path, "z.jpg", "b/d/e.jpg", "b/c.png", "a.txt")
    assert found(tmp_path) == ["a.txt", "z.jpg", "b/c.png", "b/d/e.jpg"]
    assert found(tmp_path, recursive=False) == ["a.txt", "z.jpg"]


def test_suffixes_choose_in_any_case(tmp_path: Path) -> None:
    touch(tmp_path, "a.JPG", "b.Tiff", "c.txt", "d", "jpg", "e.jpg.part")
    assert found(tmp_path, suffixes=READ_SUFFIXES) == ["a.JPG", "b.Tiff"]


@pytest.mark.parametrize("suffixes", [None, READ_SUFFIXES])
def test_hidden_files_and_what_systems_leave_are_left_out(tmp_path: Path, suffixes: frozenset[str] | None) -> None:
    folder = tmp_path / ".hidden" / "photos"
    touch(folder, "a.jpg", "._a.jpg", ".thumbnails/a.jpg", "Thumbs.db", "sub/desktop.ini", "sub/.b.png")
    # Only names below the folder count: that it lies in a hidden one itself is no matter.
    assert found(folder, suffixes=suffixes) == ["a.jpg"]


def test_a_folder_can_be_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "out/a.jpg", "out/deep/b.jpg", "sub/out/c.jpg")
    assert found(tmp_path, leave_out=tmp_path / "sub" / ".." / "out") == ["a.jpg", "sub/out/c.jpg"]


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_links_and_what_is_no_file(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/a.jpg")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    (folder / "nowhere.jpg").symlink_to(tmp_path / "missing.jpg")
    (folder / "folder.jpg").symlink_to(tmp_path / "elsewhere")
    # Whoever opens this waits until somebody writes into it.
    os.mkfifo(folder / "pipe.jpg")
    # A folder that leads back to one around it, and a second way into one: none is searched twice.
    (folder / "around").symlink_to(tmp_path)
    (folder / "second").symlink_to(tmp_path / "elsewhere")
    assert found(folder) == ["link.jpg", "nowhere.jpg", "folder.jpg/a.jpg"]
    assert place(folder / "link.jpg") == place(tmp_path / "Elsewhere" / ".." / "elsewhere" / "A.jpg")
