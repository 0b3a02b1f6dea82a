"""Tables: named columns of numbers or text, one of them perhaps the target."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .dataset import TASKS, describe, row_indices, split_source
from .target import announce, class_names, encode, label_text, shorten, tell_task

MISSING = frozenset(["", "?", "NA", "N/A", "NaN", "nan", "NAN", "null", "NULL"])
"""What stands for a missing value."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Attributes:
        name: its name.
        text: (N,) the fields as they stand in the file, without blanks around them.
        numbers: (N,) float64, NaN where missing; None where some field is not a number.
    """

    name: str
    text: np.ndarray
    numbers: np.ndarray | None

    @property
    def kind(self) -> str:
        """ "numeric" or "categorical"."""
        return "categorical" if self.numbers is None else "numeric"

    @cached_property
    def missing(self) -> np.ndarray:
        """(N,) where there is no value."""
        if self.numbers is not None:
            return np.isnan(self.numbers)
        return np.array([t in MISSING for t in self.text.tolist()], dtype=bool)

    def take(self, index: np.ndarray) -> Column:
        """The column of these rows alone."""
        numbers = None if self.numbers is None else self.numbers[index]
        return Column(self.name, self.text[index], numbers)


def parse_numbers(text: Sequence[str], comma: bool = False) -> list[float] | str:
    """The fields as numbers, NaN where missing; or the first field that is not a number.

    >>> parse_numbers(["1", "?", "2e3"])
    [1.0, nan, 2000.0]
    >>> parse_numbers(["1,5"]), parse_numbers(["1,5"], comma=True)
    ('1,5', [1.5])
    """
    out = []
    for t in text:
        if t in MISSING:
            out.append(math.nan)
            continue
        try:
            value = float(t.replace(",", ".", 1) if comma else t)
        except ValueError:
            return t
        if "_" in t or value != value:  # Python takes 1_000 for a number; a table does not
            return t
        out.append(value)
    return out


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Rows of raw fields, as read from a file; `Preprocessor` turns them into arrays.

    Attributes:
        columns: all columns, the target among them.
        name: what to call the data in messages (the path of the file).
        header: whether the names come from the file.
        lines: (N,) the line of the file each row ends on; None for rows from elsewhere.
        target: which column is the target, or None.
        task: "classification", "regression", or None without a target.
        classes: the class names of a classification.
        test: a test part published with the data.
        notes: sentences about decisions taken while reading, for the user to see.

    >>> t = Table.from_rows([["1", "a"], ["2", "b"], ["?", "a"]], ["size", "kind"])
    >>> [c.kind for c in t.columns]
    ['numeric', 'categorical']
    >>> t.with_target("kind").classes
    ['a', 'b']
    """

    columns: list[Column]
    name: str = "table"
    header: bool = True
    lines: np.ndarray | None = None
    target: int | None = None
    task: str | None = None
    classes: list[str] | None = None
    test: Table | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.columns[0].text)

    @property
    def features(self) -> list[Column]:
        """The columns that are not the target."""
        return [c for i, c in enumerate(self.columns) if i != self.target]

    @property
    def names(self) -> list[str]:
        """The names of all columns."""
        return [c.name for c in self.columns]

    def place(self, row: int) -> str:
        """Where a row stands, for messages: file and line."""
        if self.lines is None:
            return f"{self.name}, row {row}"
        return f"{self.name}, line {int(self.lines[row])}"

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Sequence[Any]] | Sequence[Mapping[str, Any]],
        names: Sequence[str] | None = None,
        name: str = "rows",
    ) -> Table:
        """A table of rows in memory: lists of values, or dicts by column name.

        None and NaN are missing values.

        >>> Table.from_rows([{"size": 1, "kind": "a"}, {"size": None, "kind": "b"}]).names
        ['size', 'kind']
        """
        if len(rows) == 0:
            raise ValueError(f"{name}: got 0 rows, wanted at least 1")
        first = rows[0]
        if isinstance(first, Mapping):
            names = list(first) if names is None else list(names)
            for i, row in enumerate(rows):
                if not isinstance(row, Mapping) or set(row) != set(names):
                    raise ValueError(
                        f"{name}, row {i}: got {shorten(list(row))}, wanted a dict with the keys "
                        f"{shorten(names)}"
                    )
            rows = [[row[n] for n in names] for row in rows]  # type: ignore[call-overload]
        width = len(rows[0]) if names is None else len(names)
        for i, row in enumerate(rows):
            if len(row) != width:
                raise ValueError(f"{name}, row {i}: got {len(row)} values, wanted {width}")
        columns = [[_field(v) for v in column] for column in zip(*rows, strict=True)]
        return cls.from_columns(columns, names, name=name)

    @classmethod
    def from_columns(
        cls,
        columns: Sequence[Sequence[str]],
        names: Sequence[str] | None,
        *,
        name: str = "table",
        lines: np.ndarray | None = None,
        comma: bool = False,
        notes: Sequence[str] = (),
    ) -> Table:
        """A table of columns of fields; which are numeric is told from the fields.

        Args:
            columns: the fields of each column, all of one length.
            names: the columns' names; None: "column 0", "column 1", ...
            name: the table's, for messages.
            lines: the line of the file each row ends on.
            comma: whether a column with decimal commas throughout holds numbers.
            notes: what was decided before.

        Raises:
            ValueError: two columns have one name, or a number is infinite.
        """
        notes, made = list(notes), []
        labels = [f"column {i}" for i in range(len(columns))] if names is None else list(names)
        _check_names(labels, name)
        for label, text in zip(labels, columns, strict=True):
            values = parse_numbers(text)
            if isinstance(values, str) and comma and "," in values:
                values = parse_numbers(text, comma=True)
                if not isinstance(values, str):
                    notes.append(f"the column {label!r} holds numbers with a decimal comma")
            numbers = None if isinstance(values, str) else np.array(values, dtype=np.float64)
            made.append(Column(label, np.array(text, dtype=object), numbers))
        table = cls(made, name, names is not None, lines, notes=notes)
        table._check_finite()
        return table

    def _check_finite(self) -> None:
        for c in self.columns:
            if c.numbers is not None and np.isinf(c.numbers).any():
                row = int(np.isinf(c.numbers).argmax())
                raise ValueError(
                    f"{self.place(row)}: column {c.name!r}: got {c.text[row]!r}, wanted a finite "
                    "number; leave the row out, or the field empty"
                )

    def find(self, column: str | int) -> int:
        """The position of a column by name, by number (from 0, or from -1 at the end), or "last".

        Raises:
            ValueError: there is no such column; the message lists those there are.
        """
        if isinstance(column, str):
            if column in self.names:
                return self.names.index(column)
            if column in ("first", "last"):
                return 0 if column == "first" else len(self.columns) - 1
            if column.strip().lstrip("-").isdecimal():
                column = int(column)
        if isinstance(column, int) and not isinstance(column, bool):
            if -len(self.columns) <= column < len(self.columns):
                return column % len(self.columns)
            raise ValueError(
                f"target: got column {column} of {self.name}, which has {len(self.columns)}: "
                f"wanted a number from 0 to {len(self.columns) - 1}, counted from 0"
            )
        if not isinstance(column, str):
            raise TypeError(f"target: got {column!r}, wanted a column's name or number")
        from difflib import get_close_matches

        close = get_close_matches(column, self.names, 1) or get_close_matches(
            column.lower(), [n.lower() for n in self.names], 1
        )
        guess = next((n for n in self.names if close and n.lower() == close[0].lower()), None)
        raise ValueError(
            f"target: got {column!r}, which is no column of {self.name}; wanted one of "
            f"{shorten(self.names, 40)}" + (f". Did you mean {guess!r}?" if guess else "")
        )

    def with_target(self, target: str | int | None = None, task: str | None = None) -> Table:
        """The table with a column named as its target, and the task told from it.

        Rows without a target are left out. The notes say which column and which task were taken,
        and why; see `tell_task` for the rule.

        Args:
            target: the column's name, its number, or "last"; None: the last column.
            task: "classification" or "regression"; None: told from the column.

        Raises:
            ValueError: no such column, no other column, no value in it, text for a regression, or
                nothing to tell apart.
        """
        if task is not None and task not in TASKS[:2]:
            raise ValueError(f"task: got {task!r}, wanted 'classification' or 'regression'")
        at, notes = self.find("last" if target is None else target), list(self.notes)
        label = self.columns[at].name
        if target is None:
            notes.append(
                f"no target was named, so it is the last column, {label!r} (choose with target=)"
            )
        if len(self.columns) == 1:
            raise ValueError(
                f"{self.name}: got one column, {label!r}, wanted at least two: a target and "
                "something to predict it from"
            )
        table = self
        absent = self.columns[at].missing
        if absent.any():
            if absent.all():
                raise ValueError(f"{self.name}: the target {label!r} has no value in any row")
            table = self._rows(np.nonzero(~absent)[0])
            notes.append(_left_out(absent, label))
        column, chosen = table.columns[at], task
        if chosen is None:
            chosen, why = tell_task(column.numbers)
            notes.append(announce(label, chosen, why))
        out = replace(table, target=at, task=chosen, notes=notes)
        if chosen == "regression":
            _check_number(out)
        else:
            labels = out._labels()
            classes = class_names(labels, column.numbers)
            _check_classes(classes, labels, label, self.name)
            out = replace(out, classes=classes)
        return out

    def as_test_of(self, train: Table) -> Table:
        """This table as the published test part of another: its target, task and classes.

        Raises:
            ValueError: its columns are others, or a label is no class of the training part.
        """
        if len(self.columns) != len(train.columns):
            raise ValueError(
                f"test: {self.name} has {len(self.columns)} columns, wanted {train.name}'s "
                f"{len(train.columns)}: {shorten(train.names)}"
            )
        by_name = self.header and train.header
        at = self.find(train.target_column.name) if by_name else train.target
        test, absent, notes = self, self.columns[at or 0].missing, list(self.notes)
        if absent.any():
            test = self._rows(np.nonzero(~absent)[0])
            notes.append(_left_out(absent, self.columns[at or 0].name))
        if len(test) == 0:
            raise ValueError(f"test: {self.name} has no value of the target in any row")
        test = replace(test, target=at, task=train.task, classes=train.classes, notes=notes)
        if train.task == "regression":
            _check_number(test)
        test.labels()  # raises where one is no class of the training part
        return test

    @property
    def target_column(self) -> Column:
        """The target; ValueError where the table has none."""
        if self.target is None:
            raise ValueError(f"{self.name}: has no target; choose one with with_target(column)")
        return self.columns[self.target]

    def _labels(self) -> np.ndarray:
        column = self.target_column
        return column.text if column.numbers is None else label_text(column.numbers)

    def labels(self) -> np.ndarray | None:
        """(N,) class indices; None for a regression."""
        if self.task != "classification":
            return None
        assert self.classes is not None
        return encode(self._labels(), self.classes, f"{self.name}: {self.target_column.name!r}")

    def _rows(self, index: np.ndarray) -> Table:
        lines = None if self.lines is None else self.lines[index]
        return replace(self, columns=[c.take(index) for c in self.columns], lines=lines, test=None)

    def subset(self, indices: Any) -> Table:
        """The rows at these indices, without the published test part."""
        return self._rows(row_indices(indices, len(self)))

    def split(
        self, fractions: Sequence[float] = (0.8, 0.1, 0.1), seed: int = 0
    ) -> tuple[Table | None, ...]:
        """Parts of these fractions, classes in proportion; None for a fraction of 0."""
        return split_source(self, fractions, seed)

    def describe(self) -> str:
        """One sentence: rows, features of each kind, classes."""
        kinds = [c.kind for c in self.features]
        said = describe(self.name, self, (len(kinds),))
        if "categorical" in kinds and "numeric" in kinds:
            count = kinds.count("numeric")
            split_up = f" features ({count} numeric, {len(kinds) - count} categorical)"
            said = said.replace(" features", split_up, 1)
        return said

    def __repr__(self) -> str:
        return f"<Table {self.describe()}>"


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value).strip()


def first_text(column: Column) -> int:
    """The first row of a column that holds neither a number nor a missing value."""
    bad = (i for i, t in enumerate(column.text) if isinstance(parse_numbers([t]), str))
    return next(bad, 0)


def _check_number(table: Table) -> None:
    column = table.target_column
    if column.numbers is None:
        row = first_text(column)
        raise ValueError(
            f"{table.place(row)}: the target {column.name!r} is {column.text[row]!r}, wanted a "
            "number for a regression; text can be predicted with task='classification'"
        )


def _left_out(absent: np.ndarray, label: str) -> str:
    some = f"{int(absent.sum())} of {len(absent)} rows have"
    return f"{some} no value of the target {label!r} and are left out"


def _check_names(names: list[str], where: str) -> None:
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in seen:
            raise ValueError(
                f"{where}: columns {seen[name]} and {i} are both called {name!r}, wanted "
                "different names; rename one in the header line"
            )
        seen[name] = i


def _check_classes(classes: list[str], labels: np.ndarray, label: str, where: str) -> None:
    if len(classes) < 2:
        raise ValueError(
            f"{where}: the target {label!r} is {classes[0]!r} in every row, wanted at least two "
            "classes to tell apart"
        )
    if len(classes) == len(labels) and len(labels) > 2:
        raise ValueError(
            f"{where}: the target {label!r} is different in each of the {len(labels)} rows, wanted "
            "classes that occur more than once; is it the right column?"
        )
