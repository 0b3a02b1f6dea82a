"""Which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def confusion_matrix(target: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): rows are the true class, columns the predicted one.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    pairs = np.asarray(target) * classes + np.asarray(predicted)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def most_confused(
    matrix: np.ndarray, classes: Sequence[str], most: int = 10
) -> list[tuple[str, str, int]]:
    """(true class, predicted class, count) of the most frequent mistakes, the worst first.

    >>> most_confused(np.array([[5, 2], [1, 9]]), ["cat", "dog"])
    [('cat', 'dog', 2), ('dog', 'cat', 1)]
    """
    wrong = np.array(matrix)
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = [(int(i) // len(classes), int(i) % len(classes)) for i in order]
    return [(classes[i], classes[j], int(wrong[i, j])) for i, j in found if wrong[i, j]]
