"""The words that the page and what happens on it share."""

from __future__ import annotations

# What a click on the photo does.
SET, PICK, REMOVE = ACTIONS = ("sets the color", "picks up the color there", "removes a color")

# How large the network sees a photo, next to what it was trained for.
AS_TRAINED = "as it was trained"
SIZES = {"half as large": 0.5, AS_TRAINED: 1, "twice as large": 2}

# What is chosen at first.
FIRST_COLOR = "#b03060"

# The name of the tab that shows the result.
RESULT = "result"
