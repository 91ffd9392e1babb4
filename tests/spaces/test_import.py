from __future__ import annotations

import subprocess
import sys

CONVERT = """
import sys
import numpy as np
from unetcolor import get_color_space, list_color_spaces

for name in list_color_spaces():
    space = get_color_space(name)
    space.decode(*space.encode(np.full((4, 4, 3), 0.5)))
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""


def test_converting_numpy_pictures_loads_neither_tensorflow_nor_keras() -> None:
    done = subprocess.run([sys.executable, "-c", CONVERT], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
