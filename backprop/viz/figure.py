"""Figures drawn without a screen, and without matplotlib's global state."""

from __future__ import annotations

import io
from typing import Any

COLOURS = ("#1f5fa8", "#d1581f", "#3a8f4d", "#7a4fa3")
"""Told apart by people who do not see red and green apart, and in grey."""


def new_figure(width: float, height: float) -> Any:
    """An empty figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def png(figure: Any) -> bytes:
    """The figure as a PNG file's bytes; the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    out = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(out, format="png", dpi=120, metadata={"Software": None})
    return out.getvalue()


def plain(axes: Any) -> None:
    """A light grid and no frame where there is no scale."""
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
