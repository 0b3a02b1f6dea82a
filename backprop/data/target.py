"""Classes or numbers? Telling the task from a target, and class names from its values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_CLASSES = 20
"""Whole numbers with more distinct values than this are a quantity, not classes."""


def tell_task(numbers: np.ndarray | None) -> tuple[str, str]:
    """The task a target is for, and why, as the end of a sentence.

    The rule: text is for classification. Numbers are for classification when all are whole, there
    are at most 20 distinct ones, and either there are two of them or the least is 0 or 1 with each
    found twice on average (so they look like class numbers); all other numbers are for regression.

    Args:
        numbers: the target as numbers (N,), or None where it is text.

    >>> tell_task(np.array([0.0, 1.0, 2.0, 0.0, 1.0, 2.0]))[0]
    'classification'
    >>> tell_task(np.array([3.0, 5.0, 8.0, 3.0]))  # such as marks for wine
    ('regression', 'it holds whole numbers from 3 on')
    """
    if numbers is None:
        return "classification", "it holds text"
    if not (numbers == np.floor(numbers)).all():
        return "regression", "it holds numbers that are not whole"
    distinct = np.unique(numbers)
    count, least = len(distinct), int(distinct[0])
    if count == 2:
        return "classification", "it holds two distinct whole numbers"
    if count > MOST_CLASSES:
        return "regression", f"it holds {count} distinct whole numbers, more than {MOST_CLASSES}"
    if least not in (0, 1):
        return "regression", f"it holds whole numbers from {least} on"
    if 2 * count > len(numbers):
        return "regression", f"it holds {count} distinct numbers in {len(numbers)} rows"
    return "classification", f"it holds {count} distinct whole numbers from {least} on"


def announce(target: str, task: str, why: str) -> str:
    """The sentence that says which task was chosen, why, and how to choose the other.

    >>> announce("price", "regression", "it holds numbers that are not whole")
    "the target 'price' is for regression: it holds numbers that are not whole"
    """
    said = f"the target {target!r} is for {task}: {why}"
    if "text" in why or "not whole" in why:
        return said
    other = "regression" if task == "classification" else "classification"
    return f"{said} (give task={other!r} for {other})"


def label_text(numbers: np.ndarray) -> np.ndarray:
    """Numbers as class names: whole ones without a point.

    >>> label_text(np.array([1.0, 2.5])).tolist()
    ['1', '2.5']
    """
    values, at = np.unique(numbers, return_inverse=True)
    names = [str(int(v)) if v == np.floor(v) else repr(float(v)) for v in values]
    return np.array(names, dtype=object)[at]


def class_names(labels: np.ndarray, numbers: np.ndarray | None) -> list[str]:
    """The distinct labels, numbers in order of size, text in alphabetical order."""
    names = set(labels.tolist())
    return sorted(names) if numbers is None else sorted(names, key=float)


def encode(labels: np.ndarray, classes: Sequence[str], where: str) -> np.ndarray:
    """(N,) class indices of labels.

    Where some label is no known class, but every label is one without a '.' at its end (as in
    the test part of the census data), that '.' is left out.

    Raises:
        ValueError: a label is none of the classes.

    >>> encode(np.array(["b.", "a."], dtype=object), ["a", "b"], "y").tolist()
    [1, 0]
    """
    index = {c: i for i, c in enumerate(classes)}
    distinct = set(labels.tolist())
    unknown = sorted(distinct - set(index))
    if unknown and all(label.removesuffix(".") in index for label in distinct):
        index |= {label: index[label.removesuffix(".")] for label in distinct}
    elif unknown:
        raise ValueError(
            f"{where}: got the class {shorten(unknown)}, wanted one of the classes in the "
            f"training data: {shorten(classes)}"
        )
    return np.array([index[label] for label in labels.tolist()], dtype=np.int64)


def shorten(names: Sequence[str], most: int = 12) -> str:
    """Names in quotes, the middle left out where there are many."""
    shown = [repr(str(n)) for n in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], f"... ({len(shown)} in all)"]
    return ", ".join(shown)
