"""The files of a run: JSON and picture."""

from __future__ import annotations

import json
from pathlib import Path

from . import plot
from .stats import Result


def write(out: Path, results: Result) -> list[Path]:
    """bench.json and, where matplotlib is installed and there is something to draw, bench.png."""
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "bench.json"]
    written[0].write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    try:
        drawn = plot.draw(results, out / "bench.png")
    except ImportError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")
        return written
    return [*written, out / "bench.png"] if drawn else written
