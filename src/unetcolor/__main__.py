"""``python -m unetcolor``, the command where its script is not on the path."""

from __future__ import annotations

from unetcolor.cli import main

if __name__ == "__main__":
    main()
