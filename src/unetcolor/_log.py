"""What the library does, for whoever wants to read it: the logger ``unetcolor``, silent unless it is asked for."""

from __future__ import annotations

import logging

logger = logging.getLogger("unetcolor")
# Without a handler, Python writes warnings to the standard error.
logger.addHandler(logging.NullHandler())
