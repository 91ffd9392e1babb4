"""The code of the docs has types that fit: a user who writes it so, and checks types, is not told of errors."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "howto").glob("*.md"))]

# What readers see, and what is set up for it.
CODE = re.compile(r"^```(python|\{doctest\}|\{testsetup\})\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What users write needs no types of its own, and other packages have none.
AS_USERS_DO = """
[[tool.mypy.overrides]]
module = {pages}
disallow_untyped_defs = false
disallow_untyped_calls = false
disallow_subclassing_any = false

[[tool.mypy.overrides]]
module = ["dask.*", "pandas.*", "pyspark.*"]
ignore_missing_imports = true
"""

# What predict and fit return is known, and what they do not take is an error.
PROMISES = """
from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import assert_type

import numpy as np

from unetcolor import Hint, UNetColorizer
from unetcolor.plots import compare

colorizer = UNetColorizer.from_preset("photo")
predictor = colorizer.predictor()
picture = np.zeros((2, 2))
for colorize in (colorizer, predictor):
    assert_type(colorize.predict(picture), np.ndarray)
    assert_type(colorize.predict(b"", size=3), np.ndarray)
    assert_type(colorize.predict(BytesIO(), hints=[Hint(1, 2, "red")]), np.ndarray)
    assert_type(colorize.predict([picture, "a.jpg", b""], hints=[None, [Hint(1, 2, "red")], "b.png"]), list[np.ndarray])
    assert_type(colorize.predict(Path("photos").glob("*.jpg")), list[np.ndarray])
    height: int = colorize.predict("a.jpg").shape[0]
    # The path may be that of a folder.
    listed: list[np.ndarray] = list(colorize.predict(Path("photos")))
compare(colorizer, "a.jpg", saturation=2), compare(predictor, picture)
colorizer.fit(Path("photos").glob("*.jpg"), validation_data=picture)

colorizer.predict(7)  # error: call-overload
colorizer.predict([7])  # error: list-item
colorizer.predict("a.jpg", sise=3)  # error: call-overload
predictor.predict("a.jpg", precision="float32")  # error: call-overload
colorizer.predict("a.jpg", saturation="high")  # error: call-overload
colorizer.fit(7)  # error: arg-type
colorizer.fit([picture])  # error: list-item
"""


def code_of(page: Path) -> str:
    """Return the code of a page as a user runs it, without what is to raise."""
    parts = []
    for kind, block in CODE.findall(page.read_text()):
        examples = doctest.DocTestParser().get_examples(block) if kind == "{doctest}" else []
        parts.append("".join(each.source for each in examples if not each.exc_msg) if examples else block)
    return "\n".join(parts)


@pytest.mark.slow
def test_the_code_of_the_docs_and_the_promises_of_predict_and_fit_have_types(tmp_path: Path) -> None:
    codes = {f"page_{page.stem}": code_of(page) for page in PAGES} | {"promises": PROMISES}
    for name, code in codes.items():
        (tmp_path / f"{name}.py").write_text(code)
    # With the options of this project, so that what it has found out of the package is used again.
    settings = (ROOT / "pyproject.toml").read_text() + AS_USERS_DO.format(pages=[*codes])
    (tmp_path / "settings.toml").write_text(settings)
    command = [sys.executable, "-m", "mypy", "--config-file", str(tmp_path / "settings.toml"), "--scripts-are-modules"]
    command += ["--no-error-summary", "--hide-error-context", *(str(tmp_path / f"{name}.py") for name in codes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    lines = PROMISES.splitlines()
    expected = {(i, line.partition("# error: ")[2]) for i, line in enumerate(lines, start=1) if "# error: " in line}
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    found = set()
    for error in errors:
        promised = re.search(r"promises\.py:(\d+): .*\[([a-z-]+)\]$", error)
        assert promised, error
        found.add((int(promised[1]), promised[2]))
    assert found == expected, "\n".join(errors) + done.stderr
