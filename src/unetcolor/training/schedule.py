"""The learning rate over a training."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import keras

from unetcolor._checks import whole_number
from unetcolor.errors import counted


@dataclass(frozen=True)
class Cosine:
    """A learning rate that rises in the first steps, and then falls along a cosine until the training ends.

    Parameters
    ----------
    peak
        The highest rate.
    warmup
        Steps in which the rate rises to it, from a hundredth of it.
    end
        Share of the highest rate that is left at the end.

    Examples
    --------
    >>> rate = Cosine(1e-3, warmup=10).over(100)
    >>> [round(float(rate(step)), 6) for step in (0, 10, 55, 100)]
    [1e-05, 0.001, 0.000505, 1e-05]
    """

    peak: float = 1e-3
    warmup: int = 0
    end: float = 0.01

    def __post_init__(self) -> None:
        if not (isfinite(self.peak) and self.peak > 0):
            raise ValueError(f"peak must be above 0, not {self.peak}")
        whole_number("warmup", self.warmup, least=0)
        if not 0 <= self.end <= 1:
            raise ValueError(f"end must be in 0..1, not {self.end}")

    def over(self, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the rate of each step of a training that has so many."""
        if steps <= self.warmup:
            warmup, whole = counted(self.warmup, "step"), counted(steps, "step")
            raise ValueError(f"the warm-up of {warmup} is as long as the whole training, {whole}")
        if not self.warmup:
            return keras.optimizers.schedules.CosineDecay(self.peak, steps, alpha=self.end)
        return keras.optimizers.schedules.CosineDecay(
            self.peak / 100, steps - self.warmup, alpha=self.end, warmup_target=self.peak, warmup_steps=self.warmup
        )
