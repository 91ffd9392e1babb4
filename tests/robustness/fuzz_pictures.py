"""Look for files that make reading fail in another way than with an ImageReadError, as long as you like.

pip install atheris
python tests/robustness/fuzz_pictures.py -max_total_time=3600 -rss_limit_mb=2048
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["PIL", "tifffile", "unetcolor"]):
    from unetcolor import ImageReadError
    from unetcolor.images import read

sys.path.insert(0, str(Path(__file__).parent))
from mutations import FILES, mutated

_SCRATCH = Path(tempfile.mkdtemp(prefix="unetcolor-fuzz-")) / "x"


def try_one(data: bytes) -> None:
    provider = atheris.FuzzedDataProvider(data)
    content = mutated(provider.PickValueInList(list(FILES.values())), provider.ConsumeIntInRange)
    _SCRATCH.write_bytes(content)
    # What libraries print of broken files would fill the screen.
    with contextlib.suppress(ImageReadError), contextlib.redirect_stderr(io.StringIO()):
        read(_SCRATCH)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
