"""Data by name or from a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .builtin import BUILTIN
from .csvfile import read_table
from .dataset import TASKS, Dataset, check_finite
from .preprocess import Preprocessor
from .table import Table, parse_numbers
from .target import announce, class_names, encode, label_text, shorten, tell_task
from .text import Characters, Text, looks_like_text, read_text

_CODE = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".dill", ".ckpt", ".keras", ".bin", ".mar"}
_OTHER = {
    ".npy": "holds one array; save inputs and targets together: numpy.savez(file, x=x, y=y)",
    ".xlsx": "is an Excel workbook; export the sheet as CSV",
    ".xls": "is an Excel workbook; export the sheet as CSV",
    ".parquet": "is a Parquet file; export the table as CSV",
    ".h5": "is an HDF5 file; save the arrays as .npz or the table as CSV",
    ".hdf5": "is an HDF5 file; save the arrays as .npz or the table as CSV",
    ".json": "is JSON; export the table as CSV",
}


def load(
    source: str | os.PathLike[str],
    target: str | int | None = None,
    task: str | None = None,
    test: str | os.PathLike[str] | None = None,
    *,
    header: bool | None = None,
) -> Dataset | Table | Text:
    """Raw data: of a published set by name, or from a file.

    Args:
        source: "digits", "mnist", "fashion-mnist"; or the path of a text table (see
            `read_table`), or of an `.npz` file with arrays x and y (or x_train, y_train, x_test,
            y_test; and perhaps `classes`, names).
        target: the target's column in a table, by name, by number from 0 (negative from the end),
            or "last"; None: the last.
        task: "classification" or "regression"; None: told from the target (see `tell_task`).
            "text": read a file as a text, which those are anyway that are called .txt and do not
            look like a table.
        test: a second file, of a published test part (tables only).
        header: whether a table's first line holds column names; None: told from the file.

    Returns:
        A Dataset (arrays) or a Table; either can be split and given to `prepare`; or a Text, for
        `prepare_text`. What was decided stands in its `notes`.

    Raises:
        ValueError: the file cannot be used; the message says why. No format that can run code
            when it is opened is read.
        FileNotFoundError: there is no such file or data set.

    >>> load("digits").describe()
    'digits: 1797 rows, 64 features, 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)'
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"task: got {task!r}, wanted 'classification', 'regression' or 'text'")
    name = os.fspath(source)
    if name in BUILTIN:
        _only_tables(name, target, test)
        if task not in (None, "classification"):
            raise ValueError(f"task: got {task!r}, wanted 'classification': {name} has classes")
        return BUILTIN[name]()
    _check_path(name)
    if Path(name).suffix.lower() == ".npz":
        _only_tables(name, target, test)
        if task == "text":
            raise ValueError(f"task: got 'text', wanted another: {name} holds arrays")
        return _load_npz(name, task)
    if task == "text" or (task is target is test is None and looks_like_text(name)):
        _only_tables(name, target, test)
        return read_text(name)
    table = read_table(name, header=header).with_target(target, task)
    if test is not None:
        _check_path(os.fspath(test))
        expected = table.names if table.header else None
        other = read_table(test, header=header, expected=expected)
        other = other.as_test_of(table)
        told = [*table.notes, *(f"test part: {note}" for note in other.notes)]
        table = replace(table, test=other, notes=told)
    return table


def load_rows(source: str | os.PathLike[str], preprocessor: Preprocessor | Characters) -> Any:
    """Raw rows to predict, with or without their target, for a preprocessor's `transform`.

    Args:
        source: the name of a published set (its test part, or all where it has none), the path of
            a text table, or an `.npz` file with x (and perhaps y), or x_test (and y_test).
        preprocessor: the one the model was trained with.

    Returns:
        A Table, a Dataset (where an `.npz` file or a published set has targets), or an array; for
        a model of a text, the Dataset of the rows of a text.
    """
    name = os.fspath(source)
    if name in BUILTIN and isinstance(preprocessor, Preprocessor):
        data = BUILTIN[name]()
        return data if data.test is None else data.test
    _check_path(name)
    if isinstance(preprocessor, Characters):
        text = read_text(name).text
        if len(text) <= preprocessor.context:
            raise ValueError(
                f"{name}: has {len(text)} characters, wanted more than the model's context of "
                f"{preprocessor.context}"
            )
        return preprocessor.rows(preprocessor.encode(text))
    if Path(name).suffix.lower() != ".npz":
        return read_table(name, expected=preprocessor.expected)
    arrays = _read_npz(name)
    x, y = ("x_test", "y_test") if "x_test" in arrays else ("x", "y")
    if x not in arrays:
        raise ValueError(f"{name}: holds the arrays {shorten(sorted(arrays))}, wanted x")
    if y not in arrays:
        return arrays[x]
    values = arrays[y]
    classes = preprocessor.classes
    if classes is not None:
        values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
        names = [str(c) for c in arrays.get("classes", [])]
        if not names and values.dtype.kind in "iu" and not any(map(_is_number, classes)):
            names = classes
        if names and values.dtype.kind in "iu":
            values = np.array(names, dtype=object)[Dataset(arrays[x], values, classes=names).y]
        values = preprocessor.transform_target(values)
    return Dataset(arrays[x], values, preprocessor.task, preprocessor.classes, name)


def _is_number(text: str) -> bool:
    return not isinstance(parse_numbers([text]), str)


def _only_tables(name: str, target: Any, test: Any) -> None:
    if target is not None:
        raise ValueError(f"target: got {target!r}, wanted none: {name} has a target of its own")
    if test is not None:
        raise ValueError(f"test: got {os.fspath(test)!r}, wanted none: a test file is for tables")


def _check_path(name: str) -> None:
    suffix = Path(name).suffix.lower()
    if suffix in _CODE:
        raise ValueError(
            f"{name}: a {suffix} file can run code when it is opened and is never read; save the "
            "arrays as .npz (numpy.savez) or the table as CSV"
        )
    if not Path(name).exists():
        from difflib import get_close_matches

        close = get_close_matches(name.lower(), [*BUILTIN, "fashion_mnist"], 1, 0.7)
        guess = f" Did you mean {close[0].replace('_', '-')!r}?" if close else ""
        raise FileNotFoundError(
            f"{name}: there is no such file, and no data set of that name; wanted a file or one "
            f"of {shorten(list(BUILTIN))}.{guess}"
        )
    if Path(name).is_dir():
        raise ValueError(f"{name}: is a folder, wanted a file")
    if suffix in _OTHER:
        raise ValueError(f"{name}: {_OTHER[suffix]}")


def _read_npz(name: str) -> dict[str, np.ndarray]:
    with open(name, "rb") as raw:
        start = raw.read(4)
    if not start.startswith(b"PK"):
        what = "a pickle, which can run code" if start[:1] == b"\x80" else "something else"
        raise ValueError(
            f"{name}: is not an .npz file but {what}; wanted what numpy.savez(file, x=x, y=y) "
            "writes"
        )
    import zipfile
    import zlib

    try:
        with open(name, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {key.lower(): file[key] for key in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise ValueError(
                f"{name}: holds an array of Python objects, which can run code when it is opened "
                "and is never read; save numbers or texts: array.astype(float) or .astype(str)"
            ) from None
        raise ValueError(f"{name}: the .npz file is damaged ({error})") from error
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # NumPy hands out the bytes of what is no array
            raise ValueError(f"{name}: the .npz file is damaged ({key} is not an array)")
    return arrays


def _load_npz(name: str, task: str | None) -> Dataset:
    arrays = _read_npz(name)
    keys = ("x_train", "y_train") if "x_train" in arrays else ("x", "y")
    absent = [k for k in keys if k not in arrays]
    if ("x_test" in arrays) != ("y_test" in arrays):
        absent.append("y_test" if "x_test" in arrays else "x_test")
    if absent:
        raise ValueError(
            f"{name}: holds the arrays {shorten(sorted(arrays)) or 'none'}, wanted x and y, or "
            f"x_train, y_train, x_test and y_test; {shorten(absent)} is missing"
        )
    x, y = arrays[keys[0]], arrays[keys[1]]
    named = [str(c) for c in arrays["classes"]] if "classes" in arrays else None
    chosen, why, note = task, "", []
    if chosen is None:
        chosen, why = ("classification", "it has class names") if named else _tell(y)
        note = [announce("y", chosen, why)]
    test = arrays.get("y_test")
    if chosen == "regression":
        _no_text(y, name)
        made = None if test is None else Dataset(arrays["x_test"], test, chosen, name=name)
        return Dataset(x, y, chosen, name=name, test=made, notes=note)
    if named is not None:
        classes, codes, encoded = named, y, test
    else:
        labels, numbers = _labels(y, name)
        classes = class_names(labels, numbers)
        codes, encoded = encode(labels, classes, name), None
        if test is not None:
            encoded = encode(_labels(test, name)[0], classes, f"{name}: y_test")
    made = None
    if encoded is not None:
        made = Dataset(arrays["x_test"], encoded, chosen, classes, name)
    return Dataset(x, codes, chosen, classes, name, test=made, notes=note)


def _tell(y: np.ndarray) -> tuple[str, str]:
    if y.dtype.kind in "USb":
        return tell_task(None) if y.dtype.kind != "b" else ("classification", "it is true or false")
    if y.ndim == 2 and y.shape[1] > 1:
        return "regression", f"it has {y.shape[1]} numbers a row"
    if y.dtype.kind not in "iuf" or y.size == 0:
        return "regression", "it holds numbers"
    check_finite(y, "y")
    return tell_task(y.reshape(len(y), -1)[:, 0].astype(np.float64))


def _labels(y: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim != 1 or y.size == 0:
        raise ValueError(
            f"{name}: got y of shape {y.shape} for a classification, wanted (N,) labels; for "
            "one-hot rows save y.argmax(axis=1)"
        )
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8")
    if y.dtype.kind == "U":
        return y.astype(object), None
    check_finite(y, "y")
    numbers = y.astype(np.float64)
    return label_text(numbers), numbers


def _no_text(y: np.ndarray, name: str) -> None:
    if y.dtype.kind not in "buif":
        raise ValueError(f"{name}: got y of {y.dtype}, wanted numbers for a regression")
