"""What is installed holds what it needs, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"

# The model files, in bytes; all else is small.
LARGE = re.compile(r"unetcolor/(models/shipped/\w+\.(keras|onnx)|networks/weights/\w+\.npz)")
LARGEST, LARGEST_OF_ALL = 600_000, 16_000_000

# What may lie where, below the folders of the source distribution.
ALLOWED = {
    "src": r"unetcolor/(.+\.py|py\.typed|models/shipped/\w+\.md|spaces/\w+\.csv|samples/MANIFEST\.csv"
    r"|samples/(photos|portraits)/[\w-]+\.jpg)",
    "tests": r".+\.py|networks/golden/\w+\.npz",
    "benchmarks": r"\w+\.py",
    "recipes": r"\w+\.(py|md)",
    "examples": r".+\.(py|toml|ipynb|md)|browser/[\w-]+\.(m?js|json|html|css)",
    "docs": r".+\.(md|rst|py)|images/\w+\.(png|jpg|gif|svg)|training/\w+\.csv|old_photos/\w+\.(jpg|csv)",
    "licenses": r"[\w.-]+",
}
TOP = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "SECURITY.md",
    ".gitignore",
    "pyproject.toml",
}

# Made by a build, a test or a tool.
MADE = re.compile(r"__pycache__|\.pyc|_build|reference/generated|auto_gallery|\.egg-info|\.cache|/\.")

SECRETS = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[0-9A-Za-z]{36}|\bhf_[0-9A-Za-z]{30}"
    rb"|\bpypi-[\w-]{40}|\bsk-[\w-]{32}|\bxox[abp]-[\w-]{20}|://[^/\s:@]+:[^/\s:@]+@"
)

Content = dict[str, bytes]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Content:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(built: Path) -> Content:
    (path,) = built.glob("*.tar.gz")
    content = {}
    with tarfile.open(path) as archive:
        for member in archive:
            assert member.isfile(), f"{member.name} is a link or a device"
            file = archive.extractfile(member)
            assert file is not None
            content[member.name.partition("/")[2]] = file.read()
    return content


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Content) -> None:
    package = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "unetcolor").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = {name for name in wheel if PurePosixPath(name).parts[0].endswith(".dist-info")}
    assert wheel.keys() - about == package
    licenses = {"licenses/LICENSE", *(f"licenses/licenses/{path.name}" for path in (ROOT / "licenses").iterdir())}
    assert {name.partition("/")[2] for name in about} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt"),
        *licenses,
    }


def test_the_source_distribution_holds_what_its_folders_may_hold(sdist: Content) -> None:
    for name in sdist:
        assert not MADE.search(name), name
        folder, _, rest = name.partition("/")
        if not rest:
            assert name in TOP
        elif not LARGE.fullmatch(rest):
            assert folder in ALLOWED, name
            assert re.fullmatch(ALLOWED[folder], rest), name


def test_nothing_is_missing_in_the_source_distribution(sdist: Content, wheel: Content) -> None:
    assert sdist.keys() >= TOP
    assert {f"src/{name}" for name in wheel if name.startswith("unetcolor/")} <= sdist.keys()
    for folder in ("tests", "benchmarks", "recipes", "examples"):
        sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}
        assert sources <= sdist.keys()


def test_large_files_are_model_files(wheel: Content, sdist: Content) -> None:
    for content in (wheel, sdist):
        for name, data in content.items():
            limit = LARGEST_OF_ALL if LARGE.fullmatch(name.removeprefix("src/")) else LARGEST
            assert len(data) <= limit, f"{name} has {len(data):,} bytes"


def test_no_secret_is_published(wheel: Content, sdist: Content) -> None:
    for content in (wheel, sdist):
        for name, data in content.items():
            found = None if LARGE.fullmatch(name.removeprefix("src/")) else SECRETS.search(data)
            assert found is None, f"{name}: {found}"


def test_the_wheel_says_what_it_needs(wheel: Content) -> None:
    (metadata,) = (message_from_bytes(data) for name, data in wheel.items() if name.endswith("/METADATA"))
    needed = {
        re.split(r"[<>=!~; ]", line)[0] for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line
    }
    assert needed == {
        *("tensorflow", "keras", "h5py", "numpy", "scikit-image", "scipy", "pillow", "typing-extensions"),
    }
    (commands,) = (data for name, data in wheel.items() if name.endswith("/entry_points.txt"))
    assert commands.split() == [b"[console_scripts]", b"unetcolor", b"=", b"unetcolor.cli:main"]
