"""What the command prints: lines, tables, numbers."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..train.confusion import most_confused

MOST_CLASSES = 20
_WIDTH = 200  # of tables that go to a file


def console() -> Console:
    """Standard output as it is now (a test may have replaced it)."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=_WIDTH)


def say(text: str = "", style: str | None = None) -> None:
    """A line on standard output; long ones are left to the terminal to wrap."""
    console().print(Text(text, style=style or ""), soft_wrap=True)


def in_options(text: str) -> str:
    """A sentence of the library with the names of the command's options.

    >>> in_options("text (give task='regression' for regression; choose with target=)")
    'text (give --task regression for regression; choose with --target)'
    """
    text = text.replace(" (choose with header=)", "")
    return re.sub(r"\b(target|task|test)=(?:'(\w+)')?", _option, text)


def _option(found: re.Match[str]) -> str:
    return f"--{found[1]}" + (f" {found[2]}" if found[2] else "")


def complain(text: str) -> None:
    """A message on standard error, in red where there are colours."""
    text = in_options(text)
    err = Console(stderr=True, highlight=False)
    err.print(Text(f"error: {text}" if text != "interrupted" else text, style="red"),
              soft_wrap=True)  # fmt: skip


def on_terminal() -> bool:
    """Whether a person watches standard output."""
    return console().is_terminal and sys.stdout.isatty()


def number(value: float) -> str:
    """Four digits, and not more zeros than a person reads.

    >>> number(0.123456), number(15.96789), number(1234567.0)
    ('0.1235', '15.97', '1.235e+06')
    """
    return f"{value:.4g}"


def metric(name: str, value: float | None) -> str:
    """A metric with its name: accuracy as percent."""
    if value is None:
        return f"{name} -"
    return f"{name} {value:.2%}" if name.endswith("accuracy") else f"{name} {number(value)}"


def metrics_table(metrics: dict[str, dict[str, float] | None]) -> None:
    """Loss and metrics of each part."""
    table = Table("part", box=None, pad_edge=False, header_style="bold")
    found = {k: v for k, v in metrics.items() if v is not None}
    names = list(next(iter(found.values()), {}))
    for name in names:
        table.add_column(name, justify="right")
    for part, values in found.items():
        cells = [metric(n, values[n]).removeprefix(f"{n} ") for n in names]
        table.add_row(part, *cells, style="bold" if part == "test" else None)
    console().print(table)


def confusion_table(matrix: np.ndarray, classes: Sequence[str], part: str) -> None:
    """The confusion matrix; of many classes, the pairs most often confused."""
    wrong = int(matrix.sum() - np.trace(matrix))
    if len(classes) > MOST_CLASSES or _too_wide(matrix, classes):
        pairs = most_confused(matrix, classes)
        say(f"{part}: {wrong} of {int(matrix.sum())} wrong" + (", most often:" if pairs else ""))
        table = Table("true", "taken for", box=None, pad_edge=False, header_style="bold")
        table.add_column("times", justify="right")
        for true, taken, count in pairs:
            table.add_row(Text(true), Text(taken), str(count))
        if pairs:
            console().print(table)
        return
    say(f"confusion matrix of {part} ({wrong} of {int(matrix.sum())} wrong)")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(Text("true \\ predicted"))
    for c in classes:
        table.add_column(Text(c), justify="right", no_wrap=True)
    for i, name in enumerate(classes):
        cells = [_cell(int(n), i == j) for j, n in enumerate(matrix[i])]
        table.add_row(Text(name), *cells)
    console().print(table)


def _too_wide(matrix: np.ndarray, classes: Sequence[str]) -> bool:
    digits = len(str(int(matrix.max(initial=0))))
    width = sum(max(len(c), digits) + 2 for c in classes) + max(16, *map(len, classes))
    return width > console().width


def _cell(count: int, right: bool) -> Text:
    if count == 0:
        return Text("·", style="dim")
    return Text(str(count), style="green" if right else "bold red")


def rows_table(header: Sequence[tuple[str, Any]], rows: Sequence[Sequence[str]]) -> None:
    """A plain table; header holds (name, justify) pairs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in header:
        table.add_column(name, justify=justify)
    for row in rows:
        table.add_row(*[Text(c) for c in row])
    console().print(table)
