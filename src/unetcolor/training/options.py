"""What ``fit`` was asked for: checked once, and kept in the checkpoint."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, is_dataclass
from math import inf
from pathlib import Path
from typing import Any

from unetcolor._checks import (
    MOST_EPOCHS,
    MOST_PICTURES_AT_ONCE,
    any_number,
    path_to,
    share,
    true_or_false,
    verbosity,
    whole_number,
)
from unetcolor.errors import shown
from unetcolor.training.ageing import Ageing
from unetcolor.training.augmentation import Augmentation
from unetcolor.training.averaging import Averaging
from unetcolor.training.batches import sizes_in_turn
from unetcolor.training.hinting import Hinting
from unetcolor.training.schedule import Cosine


@dataclass(frozen=True)
class Options:
    """Arguments of :meth:`unetcolor.UNetColorizer.fit`, which says what they mean."""

    validation_data: Any
    validation_split: float
    validate_colors: bool
    epochs: int
    batch_size: int
    shuffle: bool
    augment: bool | Augmentation
    ageing: bool | Ageing
    hints: bool | Hinting
    sizes: Any
    average: float | None
    learning_rate: float | Cosine | None
    checkpoint: str | os.PathLike[str] | None
    verbose: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "epochs", whole_number("epochs", self.epochs, most=MOST_EPOCHS))
        batch_size = whole_number("batch_size", self.batch_size, most=MOST_PICTURES_AT_ONCE)
        object.__setattr__(self, "batch_size", batch_size)
        object.__setattr__(self, "validation_split", share("validation_split", self.validation_split))
        for name in ("validate_colors", "shuffle"):
            object.__setattr__(self, name, true_or_false(name, getattr(self, name)))
        verbosity(self.verbose)
        if self.validation_split and self.validation_data is not None:
            raise ValueError("pass validation_split or validation_data, not both")
        if self.validate_colors and not self.validation_split and self.validation_data is None:
            raise ValueError("validate_colors needs pictures: pass validation_data or validation_split")
        for name, article, kind in (("augment", "an", Augmentation), ("ageing", "an", Ageing), ("hints", "a", Hinting)):
            value = getattr(self, name)
            # A Boolean of NumPy will do, too.
            if not isinstance(value, kind) and (getattr(value, "shape", ()) != () or value not in (True, False)):
                raise ValueError(f"{name} must be True, False or {article} {kind.__name__}, not {shown(value)}")
        if self.sizes is not None:
            object.__setattr__(self, "sizes", sizes_in_turn(self.sizes))
        if self.average is not None:
            Averaging(self.average)
        rate = self.learning_rate
        if rate is not None and not isinstance(rate, Cosine) and not 0 < any_number("learning_rate", rate) < inf:
            raise ValueError(f"learning_rate must be a number above 0 or a Cosine, not {rate!r}")
        if self.checkpoint is not None:
            _require_place("checkpoint", self.checkpoint)

    @property
    def augmentation(self) -> Augmentation | None:
        """How pictures are cropped, or None."""
        return self.augment if isinstance(self.augment, Augmentation) else Augmentation() if self.augment else None

    @property
    def old_look(self) -> Ageing | None:
        """How the luminance is changed, or None."""
        return self.ageing if isinstance(self.ageing, Ageing) else Ageing() if self.ageing else None

    @property
    def hinting(self) -> Hinting | None:
        """How hints are drawn, or None."""
        return self.hints if isinstance(self.hints, Hinting) else Hinting() if self.hints else None

    @property
    def shows_progress(self) -> bool:
        """Whether a bar may be shown while the pictures are looked through."""
        return self.verbose in ("auto", 1)

    @property
    def course(self) -> dict[str, Any]:
        """What must stay the same for a training to go on as if it had not been stopped."""
        # A rate that falls until the end of the training depends on where that is.
        epochs = {"until_epoch": self.epochs} if isinstance(self.learning_rate, Cosine) else {}
        return {
            "batch_size": self.batch_size,
            "shuffle": bool(self.shuffle),
            "augment": _plain(self.augmentation),
            "ageing": _plain(self.old_look),
            "hints": _plain(self.hinting),
            "sizes": self.sizes,
            "average": self.average,
            "learning_rate": _plain(self.learning_rate, **epochs),
        }


def _require_place(name: str, path: Any) -> None:
    """Raise before a training, not after its first epoch, if a file cannot be written."""
    folder = Path(path_to(name, path)).absolute().parent
    if os.path.isdir(path) or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"{name} must be a file in a folder that exists and can be written to, not {shown(path)}")


def _plain(value: Any, **more: Any) -> Any:
    return asdict(value) | more if is_dataclass(value) and not isinstance(value, type) else value
