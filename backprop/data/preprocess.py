"""From raw rows to what a network takes: fitted on the training part, saved with the model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..defaults import as_dtype
from .dataset import Dataset, Rows, check_finite
from .encoders import Categorical, Numeric, fit_encoder, from_dict
from .scaling import apply_scaling, fit_scaling, fit_targets
from .table import Column, Table, first_text
from .target import encode, label_text, shorten

_FORMAT = "backprop-preprocessor"


@dataclass(frozen=True, eq=False)
class Preprocessor:
    """Turns raw rows into inputs and targets, by what the training part showed.

    Of a table, numeric columns are standardised (a missing value counts as the mean, a constant
    column becomes 0) and categorical ones become one column of 0 and 1 for each text. Of an array,
    images (bytes, or more than two axes) get one mean and scale for all, other (N, D) arrays one
    for each column. Classes become 0..K-1; the numbers of a regression are standardised, and
    `inverse_target` gives them their own units back.

    Attributes:
        kind: "table" or "array".
        task: "classification" or "regression".
        classes: the class names, or None.
        raw_shape: shape of one raw row: (columns,) of a table, (...) of an array.
        shape: shape of one row after `transform`.
        outputs: how many numbers a model is to give for a row: classes, or targets.
        target_mean, target_scale: of each target of a regression, in its own units.
        notes: what was decided while fitting, for the user to see.

    >>> rows = Table.from_rows([[1, "a", 10], [3, "b", 30], [2, "a", 20]], ["size", "kind", "y"])
    >>> pre = Preprocessor.fit(rows.with_target("y", "regression"))
    >>> pre.transform([{"size": 2, "kind": "b"}]).tolist()
    [[0.0, 0.0, 1.0]]
    >>> pre.inverse_target([[0.0]]).tolist()
    [[20.0]]
    """

    kind: str
    task: str
    classes: list[str] | None
    raw_shape: tuple[int, ...]
    name: str = "data"
    header: bool = False
    target: str | None = None
    target_index: int = -1
    encoders: list[Numeric | Categorical] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    target_mean: list[float] = field(default_factory=list)
    target_scale: list[float] = field(default_factory=list)
    flatten: bool = False
    notes: list[str] = field(default_factory=list)

    # ---------------------------------------------------------------------- fitting

    @classmethod
    def fit(cls, train: Dataset | Table, *, flatten: bool = False) -> Preprocessor:
        """Learn means, scales and categories from the training part alone.

        Args:
            train: the raw training part, with its target.
            flatten: give each row of an array as one axis, (28, 28) as (784,).
        """
        notes: list[str] = []
        if isinstance(train, Table):
            column = train.target_column  # raises where there is none
            options: dict[str, Any] = {
                "kind": "table",
                "raw_shape": (len(train.features),),
                "header": train.header,
                "target": column.name,
                "target_index": train.target,
                "encoders": [fit_encoder(c, notes) for c in train.features],
            }
            if not any(e.outputs for e in options["encoders"]):
                raise ValueError(f"{train.name}: no column is left to predict from")
            if train.task == "regression":
                assert column.numbers is not None
                y = column.numbers[:, None]
        elif isinstance(train, Dataset):
            mean, scale = fit_scaling(train.x)
            raw = tuple(train.x.shape[1:])
            options = {"kind": "array", "raw_shape": raw, "mean": mean, "scale": scale}
            options["flatten"] = flatten
            y = train.y
        else:
            raise TypeError(
                f"train: got {type(train).__name__}, wanted a Dataset or a Table with a target"
            )
        if train.task == "regression":
            options["target_mean"], options["target_scale"] = fit_targets(y)
        return cls(
            task=str(train.task), classes=train.classes, name=train.name, notes=notes, **options
        )

    @property
    def feature_names(self) -> list[str]:
        """The names of the columns after `transform`, of a table; empty for an array."""
        return [name for e in self.encoders for name in e.outputs]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row after `transform`."""
        if self.kind == "table":
            return (len(self.feature_names),)
        return (math.prod(self.raw_shape),) if self.flatten else self.raw_shape

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for a row: one for each class or each target."""
        return len(self.target_mean) if self.classes is None else len(self.classes)

    @property
    def expected(self) -> list[str] | None:
        """The column names a file of raw rows may begin with; None where they had none."""
        if not self.header:
            return None
        return [e.name for e in self.encoders] + ([self.target] if self.target else [])

    # --------------------------------------------------------------------- applying

    def transform(
        self, data: Any, dtype: Any = "float32", notes: list[str] | None = None
    ) -> np.ndarray:
        """Inputs for a model, (N, *shape), of raw rows.

        Args:
            data: a Table, a Dataset, an array (N, ...), or a list of rows (lists or dicts).
            dtype: "float32" or "float64".
            notes: a list that sentences about values the training part did not have go to.

        Raises:
            ValueError: columns are missing, renamed or too many, or an array has another shape.
        """
        wanted, notes = _float_dtype(dtype), [] if notes is None else notes
        if self.kind == "table":
            table = data if isinstance(data, Table) else self._as_table(data)
            features, _ = self._match(table)
            out = np.zeros((len(table), *self.shape), dtype=wanted)
            at = 0
            for encoder, column in zip(self.encoders, features, strict=True):
                width = len(encoder.outputs)
                encoder.encode(column, table, out[:, at : at + width], notes)
                at += width
            return out
        x = self._as_array(data)
        out = apply_scaling(x, self.mean, self.scale, wanted)
        return out.reshape(len(out), *self.shape)

    def batch_transform(self, dtype: Any = "float32") -> Callable[[Any], Any]:
        """The same for batches on a device (of arrays only): for `DataLoader(transform=...)`.

        The function takes a Tensor (n, *raw_shape) of any numbers and gives one (n, *shape) of
        this dtype.
        """
        if self.kind != "array":
            raise ValueError("batch_transform: is for arrays; rows of a table need transform(...)")
        wanted = _float_dtype(dtype)
        constants: dict[Any, tuple[Any, Any]] = {}

        def scale(x: Any) -> Any:
            from ..tensor import asarray

            x, key = x.astype(wanted), x.device
            if key not in constants:
                shape = (len(self.mean),) if len(self.mean) > 1 else ()
                constants[key] = tuple(
                    asarray(np.array(v).reshape(shape), dtype=wanted, device=x.device)
                    for v in (self.mean, self.scale)
                )  # type: ignore[assignment]
            mean, spread = constants[key]
            out = (x - mean) / spread
            return out.reshape(x.shape[0], *self.shape) if self.flatten else out

        return scale

    def transform_target(self, data: Any, dtype: Any = "float32") -> np.ndarray:
        """Targets for a loss: (N,) int64 class indices, or (N, T) standardised numbers.

        Args:
            data: a Table or a Dataset with a target, or the targets themselves: class labels
                (N,), or numbers (N,) or (N, T).
            dtype: of standardised numbers.

        Raises:
            ValueError: the data have no target, a class is none of the training data's, ...
        """
        where = getattr(data, "name", None) or "y"
        if isinstance(data, Table):
            values: Any = self._target_values(data)
        elif isinstance(data, Dataset):
            if data.classes is not None and data.classes == self.classes:
                return data.y
            values = data.y
            if data.classes is not None:
                values = np.array(data.classes, dtype=object)[data.y]
        else:
            values = np.asarray(data)
        if self.classes is not None:
            labels = values if values.dtype.kind in "OU" else label_text(np.asarray(values, float))
            if labels.ndim != 1:
                raise ValueError(f"{where}: got labels of shape {labels.shape}, wanted (N,)")
            return encode(labels.astype(object), self.classes, where)
        if values.dtype.kind not in "buif":
            raise ValueError(f"{where}: got a target of {values.dtype}, wanted numbers")
        y = np.asarray(values, np.float64)
        y = y[:, None] if y.ndim == 1 else y
        if y.ndim != 2 or y.shape[1] != len(self.target_mean):
            raise ValueError(
                f"{where}: got targets of shape {y.shape}, wanted (N, {len(self.target_mean)})"
            )
        check_finite(y, where)
        return ((y - self.target_mean) / self.target_scale).astype(_float_dtype(dtype))

    def inverse_target(self, y: Any) -> np.ndarray:
        """Predictions (N, T) of a regression in the target's own units, float64."""
        if self.task != "regression":
            raise ValueError("inverse_target: the task is classification; see `classes` instead")
        return np.asarray(y, np.float64) * self.target_scale + self.target_mean

    def has_target(self, data: Any) -> bool:
        """Whether raw rows hold the target too, so that predictions can be judged."""
        if isinstance(data, Table):
            if self.kind == "array":
                return len(data.columns) == math.prod(self.raw_shape) + 1
            return self._match(data)[1] is not None
        return isinstance(data, Dataset)

    # ---------------------------------------------------------------------- matching

    def _as_table(self, data: Any) -> Table:
        if isinstance(data, (Dataset, Rows)):
            raise TypeError(
                f"data: got {type(data).__name__}, wanted rows of a table with the columns "
                f"{shorten([e.name for e in self.encoders])}"
            )
        if isinstance(data, np.ndarray):
            data = data.tolist()
        return Table.from_rows(data)

    def _match(self, table: Table) -> tuple[list[Column], Column | None]:
        """The feature columns in the order of the training data, and the target if it is there."""
        if self.header and table.header:
            return self._match_names(table)
        count, got = len(self.encoders), len(table.columns)
        columns = list(table.columns)
        if got == count:
            return columns, None
        if got == count + 1:
            return columns, columns.pop(self.target_index)
        raise ValueError(
            f"{table.name}: got {got} columns, wanted {count} as in the training data (or "
            f"{count + 1} with the target as number {self.target_index}): "
            f"{shorten([e.name for e in self.encoders])}"
        )

    def _match_names(self, table: Table) -> tuple[list[Column], Column | None]:
        by_name = {c.name: c for c in table.columns}
        wanted = [e.name for e in self.encoders]
        missing = [n for n in wanted if n not in by_name]
        extra = [n for n in by_name if n not in wanted and n != self.target]
        if missing:
            from difflib import get_close_matches

            close = [(n, get_close_matches(n, extra, 1)) for n in missing]
            guess = [f"{m[0]!r} for {n!r}" for n, m in close if m]
            raise ValueError(
                f"{table.name}: the column{'s' * (len(missing) > 1)} {shorten(missing)} of the "
                f"training data {'are' if len(missing) > 1 else 'is'} missing; got "
                f"{shorten(table.names)}"
                + (f". Is it {', '.join(guess)}? Rename it in the header" if guess else "")
            )
        if extra:
            raise ValueError(
                f"{table.name}: got the additional column{'s' * (len(extra) > 1)} "
                f"{shorten(extra)}, wanted those of the training data: {shorten(wanted)}; "
                "leave out what is additional"
            )
        return [by_name[n] for n in wanted], by_name.get(self.target or "")

    def _as_array(self, data: Any) -> Any:
        if isinstance(data, Table):
            data, _ = self._table_array(data)
        x = data.x if isinstance(data, Dataset) else data
        if not isinstance(x, (np.ndarray, Rows)):
            x = np.asarray(x)
        if x.dtype.kind not in "buif":
            raise TypeError(f"data: got {x.dtype}, wanted numbers")
        flat = (math.prod(self.raw_shape),)
        if tuple(x.shape[1:]) not in (self.raw_shape, flat) or x.ndim < 2:
            raise ValueError(
                f"data: got an array of shape {tuple(x.shape)}, wanted (N, "
                f"{', '.join(map(str, self.raw_shape))}) as in the training data"
            )
        if tuple(x.shape[1:]) != self.raw_shape:
            x = np.asarray(x).reshape(len(x), *self.raw_shape)
        return x

    def _table_array(self, table: Table) -> tuple[np.ndarray, Column | None]:
        """The rows of a table of numbers as an array, and the label where it holds one, last."""
        count, columns = math.prod(self.raw_shape), list(table.columns)
        target = columns.pop() if len(columns) == count + 1 else None
        if len(columns) != count:
            raise ValueError(
                f"{table.name}: got {len(table.columns)} columns, wanted {count} numbers a row "
                f"(or {count + 1} with the target last) for the shape {self.raw_shape}"
            )
        for c in columns:
            if c.numbers is None or c.missing.any():
                row = first_text(c) if c.numbers is None else int(c.missing.argmax())
                raise ValueError(
                    f"{table.place(row)}: column {c.name!r}: got {c.text[row]!r}, wanted a number"
                )
        return np.stack([c.numbers for c in columns], axis=1), target  # type: ignore[misc]

    def _target_values(self, table: Table) -> np.ndarray:
        column = self._table_array(table)[1] if self.kind == "array" else self._match(table)[1]
        if column is None:
            raise ValueError(
                f"{table.name}: holds no target, wanted the column {self.target or 'last'!r} too"
            )
        if column.missing.any():
            row = int(column.missing.argmax())
            raise ValueError(f"{table.place(row)}: the target {column.name!r} is missing")
        return column.text if column.numbers is None else column.numbers

    # ------------------------------------------------------------------------ saving

    def to_json(self) -> str:
        """All of it as JSON; `from_json` gives the same numbers back to the last bit."""
        import json

        content = {**asdict(self), "raw_shape": list(self.raw_shape)}
        return json.dumps({"format": _FORMAT, "version": 1, **content}, allow_nan=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Preprocessor:
        """The preprocessor that `to_json` wrote.

        Raises:
            ValueError: the text is not that.
        """
        import json

        try:
            content = json.loads(text)
            if content.pop("format") != _FORMAT or content.pop("version") != 1:
                raise ValueError("another format or version")
            content["raw_shape"] = tuple(int(n) for n in content["raw_shape"])
            content["encoders"] = [from_dict(e) for e in content["encoders"]]
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"text: is not what Preprocessor.to_json writes ({type(error).__name__}: {error})"
            ) from error


def _float_dtype(dtype: Any) -> np.dtype[Any]:
    wanted = as_dtype(dtype)
    if wanted.name not in ("float32", "float64"):
        raise ValueError(f"dtype: got {wanted}, wanted float32 or float64")
    return wanted
