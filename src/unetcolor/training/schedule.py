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

    def over(self, steps: int, first: int = 0) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the rate of each step of a training that has so many, and begins at another step than 0."""
        if steps <= self.warmup:
            warmup, whole = counted(self.warmup, "step"), counted(steps, "step")
            raise ValueError(f"the warm-up of {warmup} is as long as the whole training, {whole}")
        # With Keras, what begins later has a longer warm-up, of which only the end is used.
        risen = first + self.warmup
        if not risen:
            return keras.optimizers.schedules.CosineDecay(self.peak, steps, alpha=self.end)
        rise = (self.peak - self.peak / 100) / self.warmup if self.warmup else 0.0
        return keras.optimizers.schedules.CosineDecay(
            self.peak - risen * rise,
            steps - self.warmup,
            alpha=self.end,
            warmup_target=self.peak,
            warmup_steps=risen,
        )


def set_rate(optimizer: keras.optimizers.Optimizer, rate: float | Cosine, steps: int | None, done: int = 0) -> None:
    """Let an optimizer learn at a rate from now on.

    Parameters
    ----------
    optimizer
        It may have made steps before this training, which it counts.
    rate
        The rate of all steps, or how it changes over them.
    steps
        Steps of the training, if that is known.
    done
        Those of them that the optimizer has made.
    """
    if isinstance(rate, Cosine):
        if steps is None:
            raise ValueError("a Cosine must know how many steps there are: pass steps_per_epoch")
        optimizer.learning_rate = rate.over(steps, int(optimizer.iterations) - done)
        return
    try:
        optimizer.learning_rate = rate
    # Keras lets no number follow a schedule.
    except TypeError:
        optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(rate, 1, alpha=1.0)
