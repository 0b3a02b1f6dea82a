"""backprop evaluate"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..data import load_rows
from ..train.bundle import load_bundle
from ..train.use import evaluate as judge
from . import options as o
from .show import confusion_table, in_options, metrics_table, say


def evaluate(
    directory: o.RunDir,
    rows: o.Rows,
    device: o.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics as JSON.")] = False,
) -> None:
    """Judge a trained network on rows that hold their target.

    Example: backprop evaluate runs/digits-20260101-120000 more-digits.csv
    """
    bundle = load_bundle(directory)
    notes: list[str] = []
    data = load_rows(rows, bundle.preprocessor)
    found = judge(bundle, data, device or "auto", notes)
    if as_json:
        print(json.dumps(found.metrics))
        return
    for note in notes:
        say(in_options(note))
    metrics_table({rows: found.metrics})
    if found.confusion is not None:
        confusion_table(found.confusion, bundle.preprocessor.classes or [], rows)
