"""What goes into a training and what comes out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..data import Prepared, Table, Text, load, prepare, prepare_text
from .history import History
from .settings import CONTEXT, Settings

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Data:
    """A data set, described and made ready.

    Attributes:
        description: rows, features, classes in a sentence.
        kind: what a row is: "table", "array", "images" (bytes, or several axes) or "text".
        prepared: the parts, and what made them.
    """

    description: str
    kind: str
    prepared: Prepared

    @classmethod
    def read(cls, settings: Settings) -> Data:
        """Load, split and prepare the data that the settings name."""
        s = settings
        source = load(s.data, s.target, s.task, s.test)
        if isinstance(source, Text):
            parts, codes, notes = prepare_text(source, s.fractions, s.context or CONTEXT)
            train, validation, test = parts
            assert train is not None
            prepared = Prepared(train, validation, test, codes, notes)
            return cls(source.describe(), "text", prepared)
        prepared = prepare(source, s.fractions, s.split_by, s.dtype, flatten=True)
        if isinstance(source, Table):
            kind = "table"
        else:
            kind = "images" if source.x.dtype == np.uint8 or source.x.ndim > 2 else "array"
        return cls(source.describe(), kind, prepared)


@dataclass
class Result:
    """What came out of a training.

    Attributes:
        settings: all of them, with what was None filled in.
        device: where it ran.
        parameters: how many numbers the network has.
        history: an epoch a record; losses of a regression in the target's own units.
        metrics: {"train": {...}, "validation": {...}, "test": {...}}: loss and accuracy, or loss,
            rmse and r2 in the target's own units; None for a part that is empty. {} where the
            training was interrupted.
        confusion: (K, K) counts on the test part (the validation part, where there is no other):
            rows are the true class; None for a regression.
        confused_part: which part that was.
    """

    settings: Settings
    device: str
    parameters: int
    history: History
    metrics: dict[str, dict[str, float] | None] = field(default_factory=dict)
    confusion: np.ndarray | None = None
    confused_part: str = "test"

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training."""
        return self.history.stopped == "interrupted"

    def to_dict(self) -> dict[str, Any]:
        """What `result.json` holds."""
        head: dict[str, Any] = {
            "task": self.settings.task, "device": self.device, "seed": self.settings.seed,
            "epochs": len(self.history), "seconds": round(self.history.seconds, 3),
            "parameters": self.parameters,
        }  # fmt: skip
        return {**head, **{part: _finite(self.metrics[part]) for part in PARTS}}


def _finite(metrics: dict[str, float] | None) -> dict[str, float | None] | None:
    """JSON knows no NaN (the r2 of targets that do not vary, say): null."""
    if metrics is None:
        return None
    return {k: v if math.isfinite(v) else None for k, v in metrics.items()}
