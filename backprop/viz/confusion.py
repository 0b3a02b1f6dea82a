"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .figure import new_figure, png

_MOST_NUMBERS = 20
_LONGEST = 14


def confusion_png(matrix: np.ndarray, classes: Sequence[str], title: str = "") -> bytes:
    """Counts by true class (rows) and predicted class (columns), as a PNG file's bytes.

    Shades are shares of the row, so that rare classes show as well.

    >>> confusion_png(np.eye(2, dtype=int), ["no", "yes"])[:4]
    b'\\x89PNG'
    """
    matrix = np.asarray(matrix)
    count = len(classes)
    side = min(2.2 + 0.42 * count, 12.0)
    figure = new_figure(side + 0.6, side)
    axes = figure.subplots()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= _MOST_NUMBERS:
        for i, j in np.argwhere(matrix):
            colour = "white" if shares[i, j] > 0.6 else "black"
            size = 9 if matrix.max() < 10_000 else 6
            axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=colour, size=size)
        names = [c if len(c) <= _LONGEST else c[: _LONGEST - 1] + "…" for c in classes]
        turned = 45 if any(len(n) > 3 for n in names) else 0
        axes.set_xticks(range(count), names, rotation=turned, ha="right" if turned else "center")
        axes.set_yticks(range(count), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if title:
        axes.set_title(title, fontsize=11)
    return png(figure)
