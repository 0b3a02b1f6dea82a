"""What happened, epoch by epoch."""

from __future__ import annotations

import csv
import io
import os
from typing import Any

from ..io import write_text


class History:
    """One record an epoch: {"epoch", "seconds", "loss", "penalty", metrics, "val_...", ...}.

    "loss" is E, the mean loss of a sample in training; "penalty" is R, the mean over the batches;
    "val_loss" and so on belong to the validation part.

    Attributes:
        records: the list of dicts.
        best_epoch: the epoch with the smallest validation loss (training loss, where there is no
            validation), or None.
        stopped: why training ended: "epochs", "patience" or "interrupted"; None before that, and
            after an error.
    """

    def __init__(self, records: list[dict[str, Any]] | None = None) -> None:
        self.records = records or []
        self.best_epoch: int | None = None
        self.stopped: str | None = None

    def __getitem__(self, name: str) -> list[Any]:
        """The values of one quantity, an epoch each (None where an epoch has none)."""
        if self.records and name not in self.names:
            raise KeyError(f"{name!r}: the history has {', '.join(self.names)}")
        return [r.get(name) for r in self.records]

    @property
    def names(self) -> list[str]:
        """All quantities; a resumed training may have others than it began with."""
        return list(dict.fromkeys(name for r in self.records for name in r))

    def __len__(self) -> int:
        return len(self.records)

    @property
    def seconds(self) -> float:
        """The time of all epochs together."""
        return sum(r["seconds"] for r in self.records)

    def csv_text(self) -> str:
        """The records as a table with a header."""
        out = io.StringIO()
        writer = csv.DictWriter(out, self.names or ["epoch"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        return out.getvalue()

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the records as a table with a header."""
        write_text(path, self.csv_text())

    def __repr__(self) -> str:
        return f"<History of {len(self)} epochs, stopped by {self.stopped}>"
