"""backprop predict"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..data import load_rows
from ..io import write_text
from ..train.bundle import load_bundle
from ..train.use import Prediction
from ..train.use import predict as predict_rows
from . import options as o
from .show import in_options, say


def predict(
    directory: o.RunDir,
    rows: o.Rows,
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT.csv",
            show_default=False,
            help="The file to write. Default: standard output.",
        ),
    ] = None,
    device: o.Device = None,
) -> None:
    """Predict rows: for each, in order, its class and the probabilities, or its value.

    Example: backprop predict runs/houses-20260101-120000 new.csv -o predicted.csv
    """
    if out is not None:
        _check(Path(out))
    bundle = load_bundle(directory)
    notes: list[str] = []
    data = load_rows(rows, bundle.preprocessor)
    found = predict_rows(bundle, data, device or "auto", notes)
    text = table(found, bundle.preprocessor.classes)
    if out is None:
        sys.stdout.write(text)
        return
    write_text(out, text)
    for note in notes:
        say(in_options(note))
    say(f"{text.count(chr(10)) - 1} rows predicted: {out}")


def _check(out: Path) -> None:
    if out.is_dir():
        raise ValueError(f"out: {out} is a directory, wanted a file")
    if not out.parent.is_dir():
        raise ValueError(f"out: there is no directory {out.parent} to write {out.name} in")


def table(found: Prediction, classes: list[str] | None) -> str:
    """Predictions as CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if found.values is not None:
        count = found.values.shape[1]
        writer.writerow(["value"] if count == 1 else [f"value {i}" for i in range(count)])
        writer.writerows([f"{v:.8g}" for v in row] for row in found.values)
    elif found.probabilities is not None and found.classes is not None and classes is not None:
        writer.writerow(["class", *[f"P({c})" for c in classes]])
        for name, chances in zip(found.classes, found.probabilities, strict=True):
            writer.writerow([name, *[f"{p:.6g}" for p in chances]])
    return out.getvalue()
