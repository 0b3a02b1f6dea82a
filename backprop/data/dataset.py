"""Data as arrays: inputs, targets and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .split import split

TASKS = ("classification", "regression", "text")


class Rows:
    """Some rows of a memory-mapped array, in a given order, read from the file only when asked for.

    Args:
        base: the array on disk, (M, ...).
        index: which rows, (N,) integers.

    Indexing with a slice or an integer array gives a NumPy array in memory; rows are read in the
    order they have in the file and put back into the order asked for.

    >>> Rows(np.arange(12).reshape(6, 2), np.array([4, 0, 2]))[0:2].tolist()
    [[8, 9], [0, 1]]
    """

    def __init__(self, base: Any, index: np.ndarray) -> None:
        self.base, self.index = base, np.asarray(index)
        self.shape: tuple[int, ...] = (len(self.index), *base.shape[1:])
        self.dtype: np.dtype[Any] = base.dtype
        self.ndim = len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes the rows would take in memory."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, which: Any) -> np.ndarray:
        return gather(self.base, self.index[which])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype=dtype)


def gather(array: Any, index: np.ndarray) -> np.ndarray:
    """The rows of a host array at these indices, read in the order of the file."""
    order = np.argsort(index, kind="stable")
    sorted_rows = np.asarray(array[index[order]])
    out = np.empty_like(sorted_rows)
    out[order] = sorted_rows
    return out


def on_disk(x: Any) -> bool:
    """Whether the array is memory-mapped (so that reading all of it may be too much)."""
    while isinstance(x, np.ndarray):
        if isinstance(x, np.memmap):
            return True
        x = x.base
    return isinstance(x, Rows)


def take_rows(x: Any, index: np.ndarray) -> Any:
    """The rows at these indices; of an array on disk without reading them yet."""
    if isinstance(x, Rows):
        return Rows(x.base, x.index[index])
    return Rows(x, index) if on_disk(x) else x[index]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Inputs and targets of N rows, checked when made.

    Args:
        x: inputs, (N, ...), of numbers: a NumPy array, a memory map, or `Rows` of one.
        y: targets: (N,) class indices 0..K-1, or numbers (N,) or (N, T). Numbers are kept as
            (N, T) floating-point; class indices as int64.
        task: "classification" or "regression"; None: integers are classes, numbers are not. "text":
            x and y are integers of one shape, characters and those that follow.
        classes: the K names of the classes; None: "0", "1", ...
        name: what to call the data in messages.
        features: the names of the columns of x, where x is (N, D) and they have names.
        test: a test part published with the data, kept as it is by `prepare`.
        notes: sentences about decisions taken while reading, for the user to see.

    Raises:
        ValueError: lengths differ, there is no row, y is not finite, a class index is out of
            range, ...
        TypeError: x or y does not hold numbers.

    >>> d = Dataset(np.zeros((4, 2)), np.array([0, 1, 1, 0]), classes=["no", "yes"])
    >>> len(d), d.task
    (4, 'classification')
    """

    x: Any
    y: np.ndarray
    task: str = None  # type: ignore[assignment]  # always a str once made
    classes: list[str] | None = None
    name: str = "data"
    features: list[str] | None = None
    test: Dataset | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        x = self.x if isinstance(self.x, (np.ndarray, Rows)) else np.asarray(self.x)
        y = np.asarray(self.y)
        if x.dtype.kind not in "buif":
            raise TypeError(
                f"x: got dtype {x.dtype}, wanted real numbers; turn text into columns of numbers "
                "first (a table read with backprop.data.load does this)"
            )
        if y.dtype.kind not in "buif":
            raise TypeError(
                f"y: got dtype {y.dtype}, wanted class indices or numbers; for text labels use "
                "numpy.unique(labels, return_inverse=True)"
            )
        if x.ndim < 2:
            raise ValueError(
                f"x: got shape {x.shape}, wanted (N, ...), one row per example; "
                "for one feature use x[:, None]"
            )
        if len(x) != (len(y) if y.ndim else 0):
            raise ValueError(
                f"y: got shape {y.shape} beside x of shape {x.shape}, wanted one target for each "
                f"of the {len(x)} rows of x"
            )
        if len(x) == 0:
            raise ValueError("x: got 0 rows, wanted at least 1; the data set is empty")
        if 0 in x.shape:
            raise ValueError(f"x: got shape {x.shape}, wanted at least one feature")
        task = self.task or ("classification" if y.dtype.kind in "bui" else "regression")
        if task not in TASKS:
            raise ValueError(f"task: got {task!r}, wanted one of {', '.join(TASKS)}")
        check_finite(y, "y")
        put = object.__setattr__
        if task == "text":
            if x.dtype.kind not in "iu" or y.dtype.kind not in "iu" or x.shape != y.shape:
                raise ValueError(
                    f"y: got {y.dtype} of shape {y.shape} beside x of {x.dtype} of shape "
                    f"{x.shape}, wanted integers of the same shape for a text"
                )
        elif task == "classification":
            y = _class_indices(y, self.classes)
            if self.classes is None:
                put(self, "classes", [str(i) for i in range(int(y.max()) + 1)])
            else:
                put(self, "classes", [str(c) for c in self.classes])
        else:
            if self.classes is not None:
                raise ValueError("classes: got names for a regression, wanted None")
            y = y.astype(np.float64) if y.dtype.kind != "f" else y
            y = y[:, None] if y.ndim == 1 else y
            if y.ndim != 2:
                raise ValueError(f"y: got shape {y.shape}, wanted (N,) or (N, T)")
        if self.features is not None and (x.ndim != 2 or len(self.features) != x.shape[1]):
            raise ValueError(
                f"features: got {len(self.features)} names for x of shape {x.shape}, "
                "wanted one for each column of an (N, D) array"
            )
        put(self, "x", x)
        put(self, "y", y)
        put(self, "task", task)
        if self.test is not None:
            self._check_test(self.test)

    def _check_test(self, test: Dataset) -> None:
        if test.x.shape[1:] != self.x.shape[1:]:
            raise ValueError(
                f"test: got rows of shape {test.x.shape[1:]}, wanted the training part's, "
                f"{self.x.shape[1:]}"
            )
        if test.task != self.task or test.classes != self.classes:
            raise ValueError(
                f"test: got a {test.task} with classes {test.classes}, wanted the training "
                f"part's, {self.task} with {self.classes}"
            )

    def __len__(self) -> int:
        return len(self.x)

    def labels(self) -> np.ndarray | None:
        """(N,) class indices to stratify by; None for a regression."""
        return self.y if self.task == "classification" else None

    def subset(self, indices: Any) -> Dataset:
        """The rows at these indices, without the published test part.

        A memory-mapped x stays on disk. Raises IndexError for an index out of range.
        """
        index = row_indices(indices, len(self))
        return replace(self, x=take_rows(self.x, index), y=self.y[index], test=None)

    def split(
        self, fractions: Sequence[float] = (0.8, 0.1, 0.1), seed: int = 0
    ) -> tuple[Dataset | None, ...]:
        """Parts of these fractions, classes in proportion; None for a fraction of 0."""
        return split_source(self, fractions, seed)

    def describe(self) -> str:
        """One sentence: rows, features, classes.

        >>> Dataset(np.zeros((4, 2)), np.array([0, 1, 1, 0])).describe()
        'data: 4 rows, 2 features, 2 classes (0, 1)'
        """
        return describe(self.name, self, self.x.shape[1:], self.y.shape[1:])

    def __repr__(self) -> str:
        return f"<Dataset {self.describe()}>"


def describe(name: str, source: Any, shape: Any, targets: Any = (1,)) -> str:
    """The sentence `describe` gives, for arrays and tables alike."""
    size = "x".join(str(n) for n in shape)
    count = f"{size} feature{'' if size == '1' else 's'}"
    if source.task == "classification":
        known = source.classes
        names = ", ".join(known if len(known) <= 10 else [*known[:3], "...", known[-1]])
        what = f"{len(known)} classes ({names})"
    elif source.task == "regression":
        what = "1 number to predict" if targets == (1,) else f"{targets[0]} numbers to predict"
    else:
        what = "no target"
    rows = f"{len(source)} row{'' if len(source) == 1 else 's'}"
    if source.test is not None:
        rows += f" and {len(source.test)} published test rows"
    return f"{name}: {rows}, {count}, {what}"


def check_finite(values: np.ndarray, name: str, first: int = 0) -> None:
    """Raise ValueError where a number is NaN or infinite, saying which row (counted from first)."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.nonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))[0][0])
        bad = values.reshape(len(values), -1)[row]
        bad = bad[~np.isfinite(bad)][0]
        raise ValueError(
            f"{name}: got {bad} in row {first + row}, wanted finite numbers; leave such rows out "
            "or fill them in"
        )


def _class_indices(y: np.ndarray, classes: Sequence[str] | None) -> np.ndarray:
    if y.ndim != 1:
        raise ValueError(
            f"y: got shape {y.shape} for a classification, wanted (N,) class indices; "
            "for one-hot rows use y.argmax(axis=1), for (N, 1) use y[:, 0]"
        )
    if y.dtype.kind == "f" and not (y == np.floor(y)).all():
        raise ValueError(
            f"y: got {y[y != np.floor(y)][0]} for a classification, wanted class indices "
            "0..K-1; give task='regression' to predict numbers"
        )
    y = y.astype(np.int64)
    low, high = int(y.min()), int(y.max())
    if low < 0 or (classes is not None and high >= len(classes)):
        bad = low if low < 0 else high
        top = "K-1" if classes is None else f"{len(classes) - 1} ({len(classes)} classes)"
        raise ValueError(f"y: got class index {bad}, wanted 0 to {top}")
    return y


def row_indices(indices: Any, n: int) -> np.ndarray:
    """Indices, a slice or a mask as integers 0..n-1."""
    if isinstance(indices, slice):
        return np.arange(n)[indices]
    index = np.asarray(indices)
    if index.dtype == bool and index.shape == (n,):
        return np.nonzero(index)[0]
    if index.ndim != 1 or (index.size and index.dtype.kind not in "iu"):
        raise TypeError(
            f"indices: got {index.dtype} of shape {index.shape}, wanted integers (K,), "
            f"a slice, or a mask ({n},)"
        )
    if index.size and (index.min() < -n or index.max() >= n):
        bad = index.min() if index.min() < -n else index.max()
        raise IndexError(f"indices: got {bad}, wanted 0 to {n - 1}")
    return index.astype(np.int64) % n


def split_source(source: Any, fractions: Sequence[float], seed: int) -> tuple[Any, ...]:
    """Split a data set or a table into parts; None stands for a part of fraction 0."""
    parts = split(len(source), fractions, seed, stratify=source.labels())
    return tuple(source.subset(part) if len(part) else None for part in parts)
