"""Learning curves: loss and metric, an epoch a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .figure import COLOURS, new_figure, plain, png

_METRICS = (("accuracy", "accuracy (%)"), ("rmse", "rmse (units of the target)"))


def curves_png(
    records: Sequence[dict[str, Any]], title: str = "", best_epoch: int | None = None
) -> bytes:
    """The loss of training and validation, and the metric beside it, as a PNG file's bytes.

    Args:
        records: of a `History`: "epoch", "loss", "val_loss", "accuracy" or "rmse", ...
        title: above both pictures.
        best_epoch: marked by a line: the epoch whose weights were kept.

    >>> curves_png([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])[:4]
    b'\\x89PNG'
    """
    first = records[0] if records else {}
    metric = next(((k, label) for k, label in _METRICS if k in first), None)
    figure = new_figure(9.6 if metric else 5.2, 3.8)
    axes = figure.subplots(1, 2 if metric else 1, squeeze=False)[0]
    _draw(axes[0], records, "loss", "loss", best_epoch)
    values = _values(records, "loss") + _values(records, "val_loss")
    positive = [v for v in values if v > 0 and math.isfinite(v)]
    if positive and len(positive) == len(values) and max(positive) > 20 * min(positive):
        axes[0].set_yscale("log")
    if metric:
        _draw(axes[1], records, metric[0], metric[1], best_epoch)
    if title:
        figure.suptitle(title, fontsize=11)
    return png(figure)


def _values(records: Sequence[dict[str, Any]], name: str) -> list[float]:
    factor = 100.0 if name.endswith("accuracy") else 1.0
    return [r[name] * factor for r in records if name in r]


def _draw(
    axes: Any, records: Sequence[dict[str, Any]], name: str, label: str, best: int | None
) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [r["epoch"] for r in records]
    mark = "o" if len(records) < 2 else None  # a line of one point cannot be seen
    parts = ((name, "training", "-"), (f"val_{name}", "validation", "--"))
    for (key, part, style), colour in zip(parts, COLOURS, strict=False):
        values = _values(records, key)
        if values:
            axes.plot(epochs, values, style, color=colour, marker=mark, label=part, linewidth=1.8)
    if best is not None and len(records) > 1:
        axes.axvline(best, color="0.5", linewidth=1, linestyle=":", label=f"kept: epoch {best}")
    axes.set_xlabel("epoch")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plain(axes)
    if epochs:
        axes.legend(frameon=False, fontsize=9)
