"""Raw data made ready for training in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .dataset import Dataset, on_disk
from .preprocess import Preprocessor
from .split import check_fractions
from .table import Table
from .text import Characters


@dataclass(frozen=True)
class Prepared:
    """What `prepare` gives.

    Attributes:
        train, validation, test: inputs and targets as a model takes them (None for a part of
            fraction 0). An x on disk stays there, raw: then `transform` is set.
        preprocessor: what made them, to be saved with the model.
        notes: sentences for the user: what was decided on the way, and the sizes of the parts.
        transform: None, or the `transform=` of the loader, where x is raw.
    """

    train: Dataset
    validation: Dataset | None
    test: Dataset | None
    preprocessor: Preprocessor | Characters
    notes: list[str]
    transform: Callable[[Any], Any] | None = None


def prepare(
    source: Dataset | Table,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    dtype: Any = "float32",
    *,
    flatten: bool = False,
) -> Prepared:
    """Split raw data, fit a `Preprocessor` on the training part, and apply it to all parts.

    A published test part is kept: then the other rows are divided into training and validation in
    the proportion of the first two fractions, 8 to 1 for (0.8, 0.1, 0.1).

    Args:
        source: what `load` gives: raw data with a target.
        fractions: of training, validation and test; of sum 1.
        seed: of the split.
        dtype: "float32" or "float64", of inputs and of the numbers of a regression.
        flatten: give each row of an array as one axis, (28, 28) as (784,).

    >>> import numpy as np
    >>> x, y = np.arange(40.0).reshape(20, 2), np.arange(20) % 2
    >>> parts = prepare(Dataset(x, y))
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (16, 2, 2)
    """
    if not isinstance(source, (Dataset, Table)):
        raise TypeError(
            f"source: got {type(source).__name__}, wanted what backprop.data.load returns"
        )
    shares = check_fractions(fractions)
    if len(shares) != 3:
        raise ValueError(
            f"fractions: got {len(shares)}, wanted three: of training, validation and test"
        )
    raw: Any
    if source.test is None:
        raw = source.split(shares, seed)
    else:
        both = shares[0] + shares[1]
        raw = (*source.split((shares[0] / both, shares[1] / both), seed), source.test)
    pre = Preprocessor.fit(raw[0], flatten=flatten)
    told: list[str] = []
    parts = [None if part is None else _apply(pre, part, dtype, told) for part in raw]
    sizes = [0 if part is None else len(part) for part in parts]
    told.append(
        f"split by the seed {seed}: {sizes[0]} rows for training, {sizes[1]} for validation, "
        f"{sizes[2]} for test" + (", as published" if source.test is not None else "")
    )
    train, validation, test = parts
    assert train is not None
    notes = [*source.notes, *pre.notes, *told]
    transform = pre.batch_transform(dtype) if on_disk(train.x) else None
    return Prepared(train, validation, test, pre, notes, transform)


def _apply(pre: Preprocessor, part: Dataset | Table, dtype: Any, notes: list[str]) -> Dataset:
    if isinstance(part, Dataset) and on_disk(part.x):
        x: Any = part.x
    else:
        x = pre.transform(part, dtype, notes)
    names = pre.feature_names or (part.features if isinstance(part, Dataset) else None)
    return Dataset(
        x,
        pre.transform_target(part, dtype),
        pre.task,
        pre.classes,
        part.name,
        names if x.ndim == 2 and names else None,
    )
