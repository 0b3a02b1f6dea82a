"""Columns of a table as numbers: standardised, one-hot, or left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .table import Column, Table, first_text
from .target import shorten

MOST_CATEGORIES = 1000
"""Of a column with more distinct texts only the most frequent ones get a column of their own."""


def center_and_scale(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation; (the value, 1) where all values are one.

    >>> center_and_scale(np.array([1.0, 3.0])), center_and_scale(np.array([0.1, 0.1, 0.1]))
    ((2.0, 1.0), (0.1, 1.0))
    """
    if values.min() == values.max():
        return float(values[0]), 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = float(values.mean()), float(values.std())
    if not (np.isfinite(mean) and np.isfinite(scale)):
        raise ValueError("got numbers too large to average, wanted them below 1e150")
    return mean, scale if scale > 0 else 1.0


@dataclass(frozen=True)
class Numeric:
    """(value - mean) / scale, both of the training part; a missing value counts as the mean."""

    name: str
    mean: float
    scale: float

    @classmethod
    def fit(cls, column: Column, notes: list[str]) -> Numeric:
        assert column.numbers is not None
        values = column.numbers[~column.missing]
        if len(values) == 0:
            notes.append(f"the column {column.name!r} has no value in the training part: it is 0")
            return cls(column.name, 0.0, 1.0)
        try:
            return cls(column.name, *center_and_scale(values))
        except ValueError as error:
            raise ValueError(f"column {column.name!r}: {error}") from None

    @property
    def outputs(self) -> list[str]:
        return [self.name]

    def encode(self, column: Column, table: Table, out: np.ndarray, notes: list[str]) -> None:
        if column.numbers is None:
            row = first_text(column)
            raise ValueError(
                f"{table.place(row)}: column {column.name!r}: got {column.text[row]!r}, wanted a "
                "number, as in the training data"
            )
        with np.errstate(over="ignore"):
            values = (column.numbers - self.mean) / self.scale
            out[:, 0] = np.where(column.missing, 0.0, values)
        if not np.isfinite(out).all():
            row = int((~np.isfinite(out[:, 0])).argmax())
            raise ValueError(
                f"{table.place(row)}: column {column.name!r}: {column.text[row]} is too far from "
                f"the training data (mean {self.mean:g}, standard deviation {self.scale:g})"
            )


@dataclass(frozen=True)
class Categorical:
    """One column of 0 and 1 for each text of the training part, and one for missing values.

    The column for missing values is there where the training part has some. What the training
    part does not have gets zeros in all columns.
    """

    name: str
    categories: list[str] = field(default_factory=list)
    missing: bool = False

    @classmethod
    def fit(cls, column: Column, notes: list[str]) -> Categorical:
        from collections import Counter

        counts = Counter(column.text[~column.missing].tolist())
        size, name = sum(counts.values()), column.name
        if len(counts) == size > 20:
            notes.append(
                f"the column {name!r} holds a different text in each row: it is left out, since "
                "it says nothing about new rows"
            )
            return cls(name)
        kept = [t for t, _ in counts.most_common(MOST_CATEGORIES)]
        if len(kept) < len(counts):
            notes.append(
                f"the column {name!r} holds {len(counts)} distinct texts: the {len(kept)} most "
                "frequent ones are told apart"
            )
        return cls(name, sorted(kept), bool(column.missing.any()))

    @property
    def outputs(self) -> list[str]:
        return [f"{self.name}={c}" for c in self.categories] + [f"{self.name} missing"] * (
            self.missing
        )

    def encode(self, column: Column, table: Table, out: np.ndarray, notes: list[str]) -> None:
        if not self.outputs:
            return
        index = {c: i for i, c in enumerate(self.categories)}
        at = np.array([index.get(t, -1) for t in column.text.tolist()], dtype=np.int64)
        if self.missing:
            at[column.missing] = len(self.categories)
        known = np.nonzero(at >= 0)[0]
        out[known, at[known]] = 1
        if len(known) < len(at):
            unseen = sorted(set(column.text[at < 0].tolist()))
            notes.append(
                f"{table.name}: {len(at) - len(known)} rows hold {shorten(unseen, 6)} in the "
                f"column {self.name!r}, which the training part does not: they count as none of "
                "its categories"
            )


def fit_encoder(column: Column, notes: list[str]) -> Numeric | Categorical:
    """The encoder for a column of the training part."""
    if column.kind == "numeric":
        return Numeric.fit(column, notes)
    return Categorical.fit(column, notes)


def from_dict(entry: dict[str, Any]) -> Numeric | Categorical:
    """The encoder that `vars(encoder)` describes."""
    if "scale" in entry:
        return Numeric(str(entry["name"]), float(entry["mean"]), float(entry["scale"]))
    return Categorical(
        str(entry["name"]), [str(c) for c in entry["categories"]], bool(entry["missing"])
    )
